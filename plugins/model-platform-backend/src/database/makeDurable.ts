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
  let flush: LogFlush | undefined;
  let changes = 0;
  client.pool.on('createSuccess', () => {
    // One that was lost wrote its log into the database as it was closed; the new one has its own.
    flush?.close();
    flush = undefined;
    changes = 0;
  });

  const release = client.releaseConnection.bind(client);
  client.releaseConnection = (connection: SqliteConnection) => {
    const total = totalChanges(connection);
    release(connection);
    if (total === changes) return Promise.resolve();
    changes = total;
    flush ??= new LogFlush(`${connection.name}-wal`);
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
