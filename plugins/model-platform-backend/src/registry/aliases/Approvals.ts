import { ConflictError, NotAllowedError } from '@backstage/errors';
import {
  Approval,
  Model,
  ModelVersion,
  VersionApprovals,
} from '@model-platform/plugin-model-platform-common';
import { Caller, toAuthor } from '../../access/Caller';
import { Claims } from '../../access/Claims';
import { ModelAccess, noSuchVersion } from '../ModelAccess';
import { ModelListeners } from '../ModelListeners';
import { AliasRules } from './AliasRules';
import { ApprovalStore } from './ApprovalStore';
import { isApproved } from './isApproved';

/** Vouching for versions, where rules of aliases ask for it. */
export class Approvals {
  constructor(
    private readonly options: {
      rules: AliasRules;
      store: ApprovalStore;
      access: ModelAccess;
      claims: Claims;
      listeners: ModelListeners;
    },
  ) {}

  async list(
    caller: Caller,
    ref: string,
    numberOrAlias: number | string,
  ): Promise<VersionApprovals> {
    const { rules, store, access } = this.options;
    const { model } = await access.readable(caller, ref);
    const { version } = await access.versionOf(model, numberOrAlias);
    if (version.status === 'draft') {
      throw noSuchVersion(model.name, numberOrAlias);
    }
    const items = await store.list(model.id, version.number);
    const groups = await this.groupsOf(caller, model, version);
    return {
      items,
      requirements: rules.of(model.system).flatMap(({ alias, approval }) =>
        approval
          ? [
              {
                alias,
                ...approval,
                met: isApproved(approval, version, items),
              },
            ]
          : [],
      ),
      mayApprove:
        version.status === 'ready' &&
        groups.some(
          group =>
            !items.some(
              one =>
                one.groups.includes(group) &&
                (one.approver === toAuthor(caller).actor ||
                  one.decision === 'refused'),
            ),
        ),
      mayRefuse:
        version.status === 'ready' &&
        groups.some(group => !items.some(one => one.groups.includes(group))),
    };
  }

  /**
   * Approves or refuses. Throws `NotAllowedError` for whom no rule names;
   * `ConflictError` for what is not ready, or was decided otherwise.
   */
  async decide(
    caller: Caller,
    ref: string,
    number: number,
    { decision, reason }: Pick<Approval, 'decision' | 'reason'>,
  ): Promise<Approval> {
    const { rules, store, access, listeners } = this.options;
    const { model } = await access.readable(caller, ref);
    const { version } = await access.versionOf(model, number);
    const asked = rules
      .of(model.system)
      .flatMap(({ approval }) => approval ?? []);
    if (asked.length === 0) {
      throw new ConflictError(
        `No rule of aliases asks for approvals in system ${model.system}; modelPlatform.aliasRules would`,
      );
    }
    const groups = await this.groupsOf(caller, model, version);
    if (groups.length === 0) {
      const by = new Set(asked.flatMap(approval => approval.by));
      throw new NotAllowedError(
        `Not allowed: versions of ${model.name} are approved by members of ${[
          ...by,
        ].join(', ')}${
          asked.some(({ notByPublisher }) => notByPublisher)
            ? ' who did not publish them'
            : ''
        }`,
      );
    }
    if (version.status !== 'ready') {
      throw new ConflictError(
        `Version ${number} of ${model.name} is ${
          version.status === 'draft' ? 'a draft' : 'archived'
        }; only what is ready is approved or refused`,
      );
    }
    const author = toAuthor(caller);
    const { approval, added } = await store.add(
      model.id,
      { version: number, approver: author.actor, groups, reason, decision },
      { ...author, action: decision, reason, details: { version: number } },
    );
    if (added) await listeners.announce(model.id, decision, number);
    return approval;
  }

  /** Those that rules ask for and the caller, a person, can speak for. */
  private async groupsOf(
    caller: Caller,
    model: Model,
    version: ModelVersion,
  ): Promise<string[]> {
    if (caller.kind !== 'user') {
      return [];
    }
    const own = await this.options.claims.of(caller);
    const groups = this.options.rules
      .of(model.system)
      .flatMap(({ approval }) =>
        approval &&
        !(approval.notByPublisher && caller.entityRef === version.responsible)
          ? approval.by
          : [],
      );
    return [...new Set(groups)].filter(group => own.includes(group)).sort();
  }
}
