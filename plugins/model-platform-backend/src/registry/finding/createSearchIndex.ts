import { Knex } from 'knex';
import { PostgresSearchIndex } from './PostgresSearchIndex';
import { SearchIndex } from './SearchIndex';
import { SqliteSearchIndex } from './SqliteSearchIndex';

export function createSearchIndex(knex: Knex): SearchIndex {
  return knex.client.config.client === 'pg'
    ? new PostgresSearchIndex(knex)
    : new SqliteSearchIndex(knex);
}
