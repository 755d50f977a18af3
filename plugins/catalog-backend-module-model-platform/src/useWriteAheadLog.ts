import { DatabaseService } from '@backstage/backend-plugin-api';

/**
 * SQLite with a write-ahead log: the catalog takes in an entity in several
 * commits, and without a log waits for the disk at each of them. What a power
 * cut takes of the last ones, the catalog takes in again from the registry and
 * the files that it has it from.
 */
export async function useWriteAheadLog(
  database: DatabaseService,
): Promise<void> {
  const knex = await database.getClient();
  if (knex.client.config.client === 'better-sqlite3')
    await knex.raw('pragma journal_mode = wal');
}
