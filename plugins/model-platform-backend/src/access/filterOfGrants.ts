import {
  PermissionCriteria,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  endpointTokenCreatePermission,
  Grant,
  GrantAction,
  modelArchivePermission,
  modelDeletePermission,
  modelDeployPermission,
  modelPublishPermission,
  modelReadPermission,
  modelUpdatePermission,
} from '@model-platform/plugin-model-platform-common';
import { ModelCriterion, ModelFilter } from './ModelFilter';

const everyAction: GrantAction[] = [
  'read',
  'publish',
  'deploy',
  'endpoint-token',
  'archive',
  'delete',
];

/** Which grants give which permission: what one may change, one may read. */
const actionsByPermission = new Map<string, GrantAction[]>([
  [modelReadPermission.name, everyAction],
  [modelPublishPermission.name, ['publish']],
  [modelUpdatePermission.name, ['publish']],
  [modelArchivePermission.name, ['archive']],
  [modelDeletePermission.name, ['delete']],
  [modelDeployPermission.name, ['deploy']],
  [endpointTokenCreatePermission.name, ['endpoint-token']],
]);

/** The permission that lets somebody hand out a grant of this action. */
export const permissionByAction = {
  read: modelReadPermission,
  publish: modelPublishPermission,
  deploy: modelDeployPermission,
  'endpoint-token': endpointTokenCreatePermission,
  archive: modelArchivePermission,
  delete: modelDeletePermission,
} as const;

/** What a machine's grants mean for one permission, as the framework's decisions do for people. */
export function filterOfGrants(
  grants: Grant[],
  permission: ResourcePermission,
): ModelFilter {
  const actions = actionsByPermission.get(permission.name) ?? [];
  const criteria: Array<PermissionCriteria<ModelCriterion>> = [];
  for (const grant of grants) {
    if (!grant.actions.some(action => actions.includes(action))) {
      continue;
    }
    const parts: ModelCriterion[] = [];
    if (!grant.systems.includes('*')) {
      parts.push({ key: 'system', values: grant.systems });
    }
    if (grant.owners) {
      parts.push({ key: 'owner', values: grant.owners });
    }
    if (grant.models) {
      parts.push({ key: 'name', values: grant.models });
    }
    const [first, ...rest] = parts;
    if (!first) {
      return true;
    }
    criteria.push(rest.length === 0 ? first : { allOf: [first, ...rest] });
  }
  const [first, ...rest] = criteria;
  return first === undefined ? false : { anyOf: [first, ...rest] };
}
