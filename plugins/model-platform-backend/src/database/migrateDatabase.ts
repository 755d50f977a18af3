import {
  DatabaseService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { keepStatements } from './keepStatements';
import { makeDurable } from './makeDurable';

/** Brings the tables up to date, unless the database service says that others do it. */
export async function migrateDatabase(
  database: DatabaseService,
): Promise<Knex> {
  const knex = await database.getClient();
  if (knex.client.config.client === 'better-sqlite3') {
    await keepStatements(knex);
    await makeDurable(knex);
  }
  if (!database.migrations?.skip) {
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@model-platform/plugin-model-platform-backend',
        'migrations',
      ),
    });
  }
  return knex;
}
