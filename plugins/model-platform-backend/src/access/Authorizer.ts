import {
  PermissionsRegistryService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  AuthorizeResult,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import { createConditionTransformer } from '@backstage/plugin-permission-node';
import {
  endpointTokenCreatePermission,
  ModelActions,
  modelArchivePermission,
  modelDeletePermission,
  modelDeployPermission,
  modelPublishPermission,
  modelReadPermission,
  modelUpdatePermission,
  RESOURCE_TYPE_MODEL,
} from '@model-platform/plugin-model-platform-common';
import { Caller, isMachine } from './Caller';
import { filterOfGrants } from './filterOfGrants';
import { matchesFilter } from './matchesFilter';
import { ModelFilter, ModelSubject } from './ModelFilter';
import { modelPermissionResourceRef } from './modelResource';

/** A permission on models. */
export type ModelPermission = ResourcePermission<typeof RESOURCE_TYPE_MODEL>;

const words = new Map<string, string>([
  [modelReadPermission.name, 'read'],
  [modelPublishPermission.name, 'publish'],
  [modelUpdatePermission.name, 'update'],
  [modelArchivePermission.name, 'archive'],
  [modelDeletePermission.name, 'delete'],
  [modelDeployPermission.name, 'deploy'],
  [endpointTokenCreatePermission.name, 'endpoint-token'],
]);

/** The same for a model that may not be seen as for one that is not there. */
export function noSuchModel(ref: string): NotFoundError {
  return new NotFoundError(`There is no model ${ref}, or you may not see it`);
}

/**
 * Who may do what: people by the permission framework, machines by their
 * grants. Both become the same filter, so lists and single checks agree.
 */
export class Authorizer {
  private readonly asked = new WeakMap<
    Caller,
    Map<string, Promise<ModelFilter>>
  >();

  constructor(
    private readonly options: {
      permissions: PermissionsService;
      permissionsRegistry: PermissionsRegistryService;
    },
  ) {}

  /** Which models the permission holds for; asked once for each request. */
  async filter(
    caller: Caller,
    permission: ModelPermission,
  ): Promise<ModelFilter> {
    let known = this.asked.get(caller);
    if (!known) {
      known = new Map();
      this.asked.set(caller, known);
    }
    let filter = known.get(permission.name);
    if (!filter) {
      filter = this.decide(caller, permission);
      known.set(permission.name, filter);
    }
    return await filter;
  }

  async can(
    caller: Caller,
    permission: ModelPermission,
    model: ModelSubject,
  ): Promise<boolean> {
    return matchesFilter(await this.filter(caller, permission), model);
  }

  /**
   * Throws `NotAllowedError`, saying which right is missing and who can give
   * it; `NotFoundError` where the caller may not even read the model.
   */
  async require(
    caller: Caller,
    permission: ModelPermission,
    model: ModelSubject,
  ): Promise<void> {
    if (await this.can(caller, permission, model)) {
      return;
    }
    if (
      permission.name === modelReadPermission.name ||
      !(await this.can(caller, modelReadPermission, model))
    ) {
      throw noSuchModel(model.name);
    }
    throw this.missing(caller, permission, model);
  }

  /** The right that is missing, and who can give it. */
  missing(
    caller: Caller,
    permission: ModelPermission,
    model: Pick<ModelSubject, 'system' | 'owner'>,
  ): NotAllowedError {
    const right = words.get(permission.name) ?? permission.name;
    const needed = `Not allowed: this needs the right to ${right} in system ${model.system} for models of ${model.owner}`;
    if (caller.kind === 'workload') {
      return new NotAllowedError(
        `${needed}, which ${caller.actor} has not: what an engine runs may only read what is of its system`,
      );
    }
    return new NotAllowedError(
      caller.kind === 'ci'
        ? `${needed}, which ${caller.actor} has not; ${caller.unmet
            .map(grant => `${grant}; `)
            .join('')}a platform admin can give it (modelPlatform.ciIdentities)`
        : `${needed}; a member of ${model.owner} or a platform admin can give it`,
    );
  }

  /** What the caller may do with one model; pages show buttons by it. */
  async actions(caller: Caller, model: ModelSubject): Promise<ModelActions> {
    const [update, publish, archive, mayDelete, deploy, createEndpointToken] =
      await Promise.all(
        [
          modelUpdatePermission,
          modelPublishPermission,
          modelArchivePermission,
          modelDeletePermission,
          modelDeployPermission,
          endpointTokenCreatePermission,
        ].map(permission => this.can(caller, permission, model)),
      );
    return {
      update,
      publish,
      archive,
      delete: mayDelete,
      deploy,
      createEndpointToken,
    };
  }

  private async decide(
    caller: Caller,
    permission: ModelPermission,
  ): Promise<ModelFilter> {
    if (caller.kind === 'service') {
      return true;
    }
    if (isMachine(caller)) {
      return filterOfGrants(caller.grants, permission);
    }
    const { permissions, permissionsRegistry } = this.options;
    const [decision] = await permissions.authorizeConditional(
      [{ permission }],
      {
        credentials: caller.credentials,
      },
    );
    if (decision.result === AuthorizeResult.CONDITIONAL) {
      const toFilter = createConditionTransformer(
        permissionsRegistry.getPermissionRuleset(modelPermissionResourceRef),
      );
      return toFilter(decision.conditions);
    }
    return decision.result === AuthorizeResult.ALLOW;
  }
}
