import {
  modelPublishPermission,
  modelReadPermission,
  toEntityRef,
  toSystemName,
  toSystemRef,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../access/Authorizer';
import { Caller } from '../../access/Caller';
import { ModelSubject } from '../../access/ModelFilter';
import { EntityDirectory } from '../EntityDirectory';
import { Tag } from './http/readParameters';
import { MlflowCall } from './MlflowCall';
import { invalidParameter } from './MlflowError';

/** Of which system and owner something is; the owner is '' where nothing says it yet. */
export interface Place {
  system: string;
  owner: string;
}

const HOW_SYSTEM =
  'name it by the tag metadata.system, or by the workspace (MLFLOW_WORKSPACE, or the header X-MLFLOW-WORKSPACE), or use a token that may publish into one system only';
const HOW_OWNER =
  'name the owner by the tag metadata.owner, e.g. group:default/crm';

/** MLflow says neither system nor owner; these are the ways to say them, in their order. */
export class MlflowPlaces {
  constructor(
    private readonly options: {
      authorizer: Authorizer;
      directory: EntityDirectory;
    },
  ) {}

  /**
   * The place of something new: tags, else the workspace, else the caller's
   * only grant. Throws `InputError` where that says nothing, and
   * `NotAllowedError` where the caller may not publish there.
   */
  async placeOf(call: MlflowCall, tags: Tag[], name: string): Promise<Place> {
    const { authorizer } = this.options;
    const tagged = valueOf(tags, 'metadata.system');
    const system = tagged
      ? toSystemName(tagged)
      : this.clearSystemOf(call, name);
    if (tagged && call.system !== undefined && call.system !== system) {
      throw invalidParameter(
        `The tag metadata.system says ${system}, but the workspace ${call.system}`,
      );
    }
    const owner = this.ownerOf(call.caller, tags, system);
    const place = { system, owner };
    // First the right: who has none learns nothing about systems.
    if (
      !(await authorizer.can(
        call.caller,
        modelPublishPermission,
        subjectOf(place, name),
      ))
    ) {
      if (owner === '') {
        throw invalidParameter(
          `It is not clear who owns ${name}: ${HOW_OWNER}`,
        );
      }
      throw authorizer.missing(call.caller, modelPublishPermission, place);
    }
    await this.requireSystem(system);
    return place;
  }

  /** Throws where the catalog has none of this name. */
  async requireSystem(system: string): Promise<void> {
    if (!(await this.options.directory.has(toSystemRef(system)))) {
      throw invalidParameter(
        `There is no system ${system} in the catalog: ${HOW_SYSTEM}`,
      );
    }
  }

  /** The system of a call that names nothing else. Throws where it is not clear. */
  clearSystemOf(call: MlflowCall, what: string): string {
    const system = systemOf(call);
    if (system === undefined) {
      throw invalidParameter(
        `It is not clear to which system ${what} belongs: ${HOW_SYSTEM}`,
      );
    }
    return system;
  }

  /** The system of a call that names nothing else; undefined where its caller may not read there. */
  async readableSystem(
    call: MlflowCall,
    what: string,
  ): Promise<string | undefined> {
    const system = this.clearSystemOf(call, what);
    return (await this.options.authorizer.can(
      call.caller,
      modelReadPermission,
      subjectOf({ system, owner: '' }, what),
    ))
      ? system
      : undefined;
  }

  private ownerOf(caller: Caller, tags: Tag[], system: string): string {
    const tagged = valueOf(tags, 'metadata.owner');
    if (tagged) return toEntityRef(tagged, 'group');
    if (caller.kind !== 'token') return '';
    const owners = caller.grants
      .filter(
        grant =>
          grant.actions.includes('publish') &&
          grant.systems.some(
            one => one === '*' || toSystemName(one) === system,
          ),
      )
      .map(grant => grant.owners);
    const named = new Set(
      owners.flatMap(list =>
        (list ?? []).map(owner => toEntityRef(owner, 'group')),
      ),
    );
    return named.size === 1 && owners.every(list => list) ? [...named][0] : '';
  }
}

/** What decisions on rights look at. */
export function subjectOf(place: Place, name: string): ModelSubject {
  return { ...place, name, visibility: 'system', sharedWith: [] };
}

/** The workspace, else the only system of the caller's grants. */
export function systemOf(call: MlflowCall): string | undefined {
  return call.system ?? onlySystemOf(call.caller);
}

function onlySystemOf(caller: Caller): string | undefined {
  if (caller.kind !== 'token') return undefined;
  const publishing = caller.grants.filter(grant =>
    grant.actions.includes('publish'),
  );
  const grants = publishing.length > 0 ? publishing : caller.grants;
  const systems = new Set(
    grants.flatMap(grant => grant.systems.map(toSystemName)),
  );
  const [system] = systems;
  return systems.size === 1 && system !== '*' ? system : undefined;
}

function valueOf(tags: Tag[], key: string): string | undefined {
  return tags
    .filter(tag => tag.key === key)
    .pop()
    ?.value.trim();
}
