import { Knex } from 'knex';
import { PostgresSearchIndex } from './PostgresSearchIndex';
import { SearchIndex } from './SearchIndex';
import { SqliteSearchIndex } from './SqliteSearchIndex';

export function createSearchIndex(knex: Knex): SearchIndex {
  return isPostgres(knex)
    ? new PostgresSearchIndex(knex)
    : new SqliteSearchIndex(knex);
}

export function isPostgres(knex: Knex): boolean {
  return knex.client.config.client === 'pg';
}
