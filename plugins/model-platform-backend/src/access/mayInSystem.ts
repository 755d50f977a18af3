import { PermissionCriteria } from '@backstage/plugin-permission-common';
import {
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
} from '@backstage/plugin-permission-node';
import { ModelCriterion, ModelFilter } from './ModelFilter';

/** Whether a permission can hold for some model of the system: of some owner, shared in some way. */
export function mayInSystem(filter: ModelFilter, system: string): boolean {
  return typeof filter === 'boolean' ? filter : outcomes(filter, system).holds;
}

/** Whether it holds for every model that the system can have, whoever owns it. */
export function mayThroughoutSystem(
  filter: ModelFilter,
  system: string,
): boolean {
  return typeof filter === 'boolean' ? filter : !outcomes(filter, system).fails;
}

/** Whether there can be models for which it holds, and for which it fails. */
interface Outcomes {
  holds: boolean;
  fails: boolean;
}

function outcomes(
  criteria: PermissionCriteria<ModelCriterion>,
  system: string,
): Outcomes {
  if (isAndCriteria(criteria)) {
    const all = criteria.allOf.map(one => outcomes(one, system));
    return {
      holds: all.every(({ holds }) => holds),
      fails: all.some(({ fails }) => fails),
    };
  }
  if (isOrCriteria(criteria)) {
    const all = criteria.anyOf.map(one => outcomes(one, system));
    return {
      holds: all.some(({ holds }) => holds),
      fails: all.every(({ fails }) => fails),
    };
  }
  if (isNotCriteria(criteria)) {
    const { holds, fails } = outcomes(criteria.not, system);
    return { holds: fails, fails: holds };
  }
  if (criteria.key === 'system') {
    const holds = criteria.values.includes(system);
    return { holds, fails: !holds };
  }
  return { holds: criteria.values.length > 0, fails: true };
}
