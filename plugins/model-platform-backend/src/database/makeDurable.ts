import { Knex } from 'knex';

/**
 * SQLite with a write-ahead log: a commit is one flush of the disk instead of
 * several, and is on the disk when it returns, so a power cut loses nothing
 * that was answered. The driver would leave out the flush (`synchronous =
 * normal`), which loses the last commits.
 */
export async function makeDurable(knex: Knex): Promise<void> {
  if (knex.client.config.client !== 'better-sqlite3') return;
  await knex.raw('pragma journal_mode = wal');
  await knex.raw('pragma synchronous = full');
  // A connection that was lost is made anew; it has the log, but not the flush.
  knex.client.pool.on(
    'createSuccess',
    (_id: number, connection: { pragma(text: string): unknown }) => {
      connection.pragma('synchronous = full');
    },
  );
}
