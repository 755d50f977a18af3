import knexFactory from 'knex';
import path from 'node:path';
import { fillRegistry } from '../../plugins/model-platform-backend/src/__testUtils__/fillRegistry';

/** Fills a database with models: `fillDatabase '{"database": {…knex…}, "migrations": "…", "models": 1000}'`. */
async function main() {
  const { database, migrations, models } = JSON.parse(process.argv[2]);
  const knex = knexFactory({ ...database, useNullAsDefault: true });
  try {
    await knex.migrate.latest({ directory: path.resolve(migrations) });
    await fillRegistry(knex, { from: 0, to: models });
    await knex.raw('analyze');
  } finally {
    await knex.destroy();
  }
}

main().catch(error => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
});
