import { Knex } from 'knex';
import { LRUCache } from 'lru-cache';
import { SqliteConnection, SqliteStatement } from './SqliteConnection';

/** Most statements are of a few hundred forms; lists of any length must not pile up. */
const MAX_KEPT = 500;

/**
 * Prepares each statement once for a connection to SQLite. The query builder
 * would do so each time, which is most of what a small query costs.
 */
export async function keepStatements(knex: Knex): Promise<void> {
  const { client } = knex;
  const connection = await client.acquireConnection();
  keepThoseOf(connection);
  await client.releaseConnection(connection);
  client.pool.on('createSuccess', (_id: number, made: SqliteConnection) =>
    keepThoseOf(made),
  );
}

function keepThoseOf(connection: SqliteConnection): void {
  const kept = new LRUCache<string, SqliteStatement>({ max: MAX_KEPT });
  const prepare = connection.prepare.bind(connection);
  connection.prepare = sql => {
    const known = kept.get(sql);
    if (known && !known.busy) return known;
    const statement = prepare(sql);
    kept.set(sql, statement);
    return statement;
  };
}
