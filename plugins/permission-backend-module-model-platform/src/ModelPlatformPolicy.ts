import { UserInfoService } from '@backstage/backend-plugin-api';
import {
  catalogEntityReadPermission,
  catalogPermissions,
} from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  isPermission,
  isReadPermission,
  Permission,
  PermissionCriteria,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import {
  RESOURCE_TYPE_SCAFFOLDER_TASK,
  scaffolderPermissions,
  taskCancelPermission,
  taskReadPermission,
  templateDryRunPermission,
  templateManagementPermission,
} from '@backstage/plugin-scaffolder-common/alpha';
import {
  createCatalogEntityConditionalDecision,
  createModelConditionalDecision,
  endpointTokenCreatePermission,
  isReadableModel,
  ModelCondition,
  modelConditions,
  modelPublishPermission,
  modelReadPermission,
  RESOURCE_TYPE_MODEL,
  toSystemRef,
} from '@model-platform/plugin-model-platform-common';
import { KnownSystems } from './KnownSystems';

const ALLOW: PolicyDecision = { result: AuthorizeResult.ALLOW };
const DENY: PolicyDecision = { result: AuthorizeResult.DENY };

/** Who asks, in terms of the policy. */
interface Reader {
  /** Entity refs of the person and the person's groups. */
  claims: string[];
  /** Names of the systems that these own. */
  systems: string[];
  /** Names of the systems that these may publish into. */
  openToPublish: string[];
}

/**
 * The platform's example policy. Who owns a model manages it, and
 * publishes it into systems that let them; who owns the model's system, and
 * whom it is shared with, reads it and makes endpoint tokens; everybody else sees what is visible to everyone. The catalog shows
 * the same. Admins may do everything; what this policy does not know is
 * allowed to be read, and nothing else. @public
 */
export class ModelPlatformPolicy implements PermissionPolicy {
  constructor(
    private readonly options: {
      userInfo: UserInfoService;
      knownSystems: KnownSystems;
      /** Entity refs of groups, lower case. */
      adminGroups: string[];
    },
  ) {}

  async handle(
    { permission }: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    // Machines are decided by their grants, before the framework is asked; here only people count.
    if (!user) return DENY;
    const { userEntityRef, ownershipEntityRefs } =
      await this.options.userInfo.getUserInfo(user.credentials);
    const claims = ownershipEntityRefs.map(ref =>
      ref.toLocaleLowerCase('en-US'),
    );
    if (claims.some(claim => this.options.adminGroups.includes(claim)))
      return ALLOW;

    if (isModelPermission(permission)) {
      return createModelConditionalDecision(
        toModelConditions(permission, await this.toReader(claims)),
      );
    }
    if (isPermission(permission, catalogEntityReadPermission)) {
      const { systems } = await this.toReader(claims);
      return createCatalogEntityConditionalDecision(
        isReadableModel({ claims, systems }),
      );
    }
    // The rest of the catalog's is for admins, also to read: locations name files and repositories.
    if (catalogPermissions.some(each => isPermission(permission, each)))
      return DENY;
    // A dry run takes any template, which only who may change templates should run here.
    if (
      isPermission(permission, templateManagementPermission) ||
      isPermission(permission, templateDryRunPermission)
    )
      return DENY;
    if (
      isPermission(permission, taskReadPermission) ||
      isPermission(permission, taskCancelPermission)
    )
      return ownTasks(userEntityRef);
    if (scaffolderPermissions.some(each => isPermission(permission, each)))
      return ALLOW;
    return isReadPermission(permission) ? ALLOW : DENY;
  }

  private async toReader(claims: string[]): Promise<Reader> {
    const { owned, openToPublish } = await this.options.knownSystems.of(claims);
    return { claims, systems: owned, openToPublish };
  }
}

/** What somebody wrote into a form, and the log of it, are theirs alone. */
function ownTasks(userEntityRef: string): PolicyDecision {
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'scaffolder',
    resourceType: RESOURCE_TYPE_SCAFFOLDER_TASK,
    conditions: {
      rule: 'IS_TASK_OWNER',
      resourceType: RESOURCE_TYPE_SCAFFOLDER_TASK,
      params: { createdBy: [userEntityRef] },
    },
  };
}

function isModelPermission(permission: Permission): boolean {
  return (
    permission.type === 'resource' &&
    permission.resourceType === RESOURCE_TYPE_MODEL
  );
}

function toModelConditions(
  permission: Permission,
  { claims, systems, openToPublish }: Reader,
): PermissionCriteria<ModelCondition> {
  const owner = modelConditions.isOwner({ claims });
  const mayCall: [ModelCondition, ...ModelCondition[]] = [
    owner,
    modelConditions.isInSystem({ systems }),
    modelConditions.isSharedWith({
      claims: [...claims, ...systems.map(toSystemRef)],
    }),
  ];
  if (isPermission(permission, modelReadPermission)) {
    return { anyOf: [...mayCall, modelConditions.isVisibleToEveryone()] };
  }
  if (isPermission(permission, endpointTokenCreatePermission))
    return { anyOf: mayCall };
  if (isPermission(permission, modelPublishPermission)) {
    // The system is the unit of segregation: its owner says who brings models into it.
    return {
      allOf: [owner, modelConditions.isInSystem({ systems: openToPublish })],
    };
  }
  // Update, archive, deploy, and whatever comes: the owner's.
  return owner;
}
