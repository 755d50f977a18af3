import { Knex } from 'knex';

/**
 * Adds to a query the condition that the model in this column is one that the
 * caller may read. It is made by the registry, the only one that knows its
 * tables.
 */
export type ModelScope = (
  query: Knex.QueryBuilder,
  modelIdColumn: string,
) => void;

/** For work that no caller asked for. */
export const allModels: ModelScope = () => {};
