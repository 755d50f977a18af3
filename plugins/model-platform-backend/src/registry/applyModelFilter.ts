import { PermissionCriteria } from '@backstage/plugin-permission-common';
import {
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
} from '@backstage/plugin-permission-node';
import { Knex } from 'knex';
import { ModelCriterion, ModelFilter } from '../access/ModelFilter';

/** Adds to a query over `registry_models` what `matchesFilter` says in memory. */
export function applyModelFilter(
  query: Knex.QueryBuilder,
  filter: ModelFilter,
): void {
  if (filter === false) {
    query.whereRaw('1 = 0');
  } else if (filter !== true) {
    query.andWhere(part => apply(part, filter));
  }
}

function apply(
  query: Knex.QueryBuilder,
  criteria: PermissionCriteria<ModelCriterion>,
): void {
  if (isAndCriteria(criteria)) {
    for (const one of criteria.allOf) query.andWhere(part => apply(part, one));
  } else if (isOrCriteria(criteria)) {
    for (const one of criteria.anyOf) query.orWhere(part => apply(part, one));
  } else if (isNotCriteria(criteria)) {
    query.whereNot(part => apply(part, criteria.not));
  } else if (criteria.key === 'sharedWith') {
    query.whereIn('registry_models.id', inner =>
      inner
        .select('model_id')
        .from('registry_facets')
        .where('key', 'sharedWith')
        .whereIn('value', criteria.values),
    );
  } else {
    query.whereIn(`registry_models.${criteria.key}`, criteria.values);
  }
}
