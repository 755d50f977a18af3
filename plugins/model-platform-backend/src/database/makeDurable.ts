import { Knex } from 'knex';
import { LogFlush } from './LogFlush';
import { SqliteConnection } from './SqliteConnection';

/**
 * SQLite with a write-ahead log that is on the disk before a change counts as
 * made: a power cut loses nothing that was answered. The driver alone would
 * leave out the flush (`synchronous = normal`), which loses the last commits, or
 * have everybody wait for each (`full`); here changes that are made at one time
 * share one, and meanwhile others are served.
 */
export async function makeDurable(knex: Knex): Promise<void> {
  const [{ journal_mode: mode }] = await knex.raw('pragma journal_mode = wal');
  // In memory there is nothing to flush.
  if (mode !== 'wal') return;
  const { client } = knex;
  // A connection that is lost writes its log into the database as it is closed; the next one has its own.
  const flushes = new Map<SqliteConnection, LogFlush>();
  const changes = new WeakMap<SqliteConnection, number>();
  client.pool.on('destroySuccess', (_id: number, lost: SqliteConnection) => {
    flushes.get(lost)?.close();
    flushes.delete(lost);
  });

  let flush: LogFlush | undefined;
  const release = client.releaseConnection.bind(client);
  client.releaseConnection = (connection: SqliteConnection) => {
    const total = totalChanges(connection);
    release(connection);
    if (total === (changes.get(connection) ?? 0)) return Promise.resolve();
    changes.set(connection, total);
    flush = flushes.get(connection) ?? new LogFlush(`${connection.name}-wal`);
    flushes.set(connection, flush);
    flush.note();
    const settled = flush.settle();
    // A statement waits for it; a transaction does not, and hears of a failure below.
    settled.catch(() => {});
    return settled;
  };

  const transaction = knex.transaction.bind(knex);
  Object.defineProperty(knex, 'transaction', {
    configurable: true,
    value: async (...args: Parameters<typeof transaction>) => {
      const result = await transaction(...args);
      await flush?.settle();
      return result;
    },
  });
}

/** Rows that were ever changed on this connection. */
function totalChanges(connection: SqliteConnection): number {
  const [row] = connection.prepare('select total_changes() as total').all();
  return Number(row.total);
}
