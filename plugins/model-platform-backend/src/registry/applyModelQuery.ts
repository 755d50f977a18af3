import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { ModelQuery } from './ModelStore';

const columns = new Map([
  ['type', 'type'],
  ['owner', 'owner'],
  ['system', 'system'],
  ['lifecycle', 'lifecycle'],
  ['visibility', 'visibility'],
  ['complete', 'metadata_complete'],
]);

/** The column of a key, where it has one of its own. */
export function facetColumn(key: string): string | undefined {
  return columns.get(key);
}

/** Adds words and filters to a query over `registry_models`. */
export function applyModelQuery(
  query: Knex.QueryBuilder,
  { words, where }: Pick<ModelQuery, 'words' | 'where'>,
): void {
  for (const word of words) {
    query.whereRaw(`registry_models.search_text like ? escape '\\'`, [
      `%${word.replace(/[\\%_]/g, '\\$&')}%`,
    ]);
  }
  for (const [key, given] of where) {
    const values = given.map(value => normalise(key, value));
    const column = facetColumn(key);
    if (key === 'archived') {
      const archived = values.includes('true');
      const live = values.includes('false');
      if (archived && !live) query.whereNotNull('registry_models.archived_at');
      else if (live && !archived)
        query.whereNull('registry_models.archived_at');
      else if (!live && !archived) query.whereRaw('1 = 0');
    } else if (column) {
      query.whereIn(`registry_models.${column}`, values);
    } else {
      query.whereIn('registry_models.id', (inner: Knex.QueryBuilder) =>
        inner
          .select('model_id')
          .from('registry_facets')
          .where('key', key)
          .whereIn('value', values),
      );
    }
  }
}

function normalise(key: string, value: string): string {
  if (key === 'owner') return toEntityRef(value, 'group');
  return key === 'system' ? toSystemName(value) : value;
}
