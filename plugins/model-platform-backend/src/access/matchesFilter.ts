import { PermissionCriteria } from '@backstage/plugin-permission-common';
import {
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
} from '@backstage/plugin-permission-node';
import { ModelCriterion, ModelFilter, ModelSubject } from './ModelFilter';

/** Whether the filter holds for this one; what `applyModelFilter` says in SQL. */
export function matchesFilter(
  filter: ModelFilter,
  model: ModelSubject,
): boolean {
  return typeof filter === 'boolean' ? filter : matches(filter, model);
}

function matches(
  criteria: PermissionCriteria<ModelCriterion>,
  model: ModelSubject,
): boolean {
  if (isAndCriteria(criteria)) {
    return criteria.allOf.every(one => matches(one, model));
  }
  if (isOrCriteria(criteria)) {
    return criteria.anyOf.some(one => matches(one, model));
  }
  if (isNotCriteria(criteria)) {
    return !matches(criteria.not, model);
  }
  const held =
    criteria.key === 'sharedWith' ? model.sharedWith : [model[criteria.key]];
  return held.some(value => criteria.values.includes(value));
}
