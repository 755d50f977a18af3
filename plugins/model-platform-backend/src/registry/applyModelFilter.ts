import { PermissionCriteria } from '@backstage/plugin-permission-common';
import {
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
} from '@backstage/plugin-permission-node';
import { Knex } from 'knex';
import { ModelCriterion, ModelFilter } from '../access/ModelFilter';

/**
 * Adds to a query over `registry_models` what `matchesFilter` says in memory;
 * or over another table with the same columns, for what is shared with nobody.
 */
export function applyModelFilter(
  query: Knex.QueryBuilder,
  filter: ModelFilter,
  table = 'registry_models',
): void {
  if (filter === false) {
    query.whereRaw('1 = 0');
  } else if (filter !== true) {
    query.andWhere(part => apply(part, filter, table));
  }
}

function apply(
  query: Knex.QueryBuilder,
  criteria: PermissionCriteria<ModelCriterion>,
  table: string,
): void {
  if (isAndCriteria(criteria)) {
    for (const one of criteria.allOf)
      query.andWhere(part => apply(part, one, table));
  } else if (isOrCriteria(criteria)) {
    for (const one of criteria.anyOf)
      query.orWhere(part => apply(part, one, table));
  } else if (isNotCriteria(criteria)) {
    query.whereNot(part => apply(part, criteria.not, table));
  } else if (criteria.key === 'sharedWith') {
    query.whereIn(`${table}.id`, inner =>
      inner
        .select('model_id')
        .from('registry_facets')
        .where('key', 'sharedWith')
        .whereIn('value', criteria.values),
    );
  } else {
    query.whereIn(`${table}.${criteria.key}`, criteria.values);
  }
}
