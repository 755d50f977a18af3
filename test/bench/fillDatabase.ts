import knexFactory, { Knex } from 'knex';
import { fillRegistry } from '../../plugins/model-platform-backend/src/__testUtils__/fillRegistry';

/** Fills a database with models: `fillDatabase '{"database": {…knex…}, "migrations": "…", "models": 1000}'`. */
async function main() {
  const { database, migrations, models } = JSON.parse(process.argv[2]);
  const knex = knexFactory({ ...database, useNullAsDefault: true });
  try {
    await knex.migrate.latest({ directory: migrations });
    if (database.client !== 'pg') await hurry(knex);
    const [{ there }] = await knex('registry_models').count({ there: '*' });
    await fillRegistry(knex, { from: Number(there), to: models });
    if (database.client === 'pg') await knex.raw('vacuum analyze');
  } finally {
    await knex.destroy();
  }
}

/** What is half filled by a crash is thrown away anyway. */
async function hurry(knex: Knex) {
  for (const pragma of [
    'journal_mode = off',
    'synchronous = off',
    'cache_size = -1000000',
  ])
    await knex.raw(`pragma ${pragma}`);
}

main().catch(error => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
});
