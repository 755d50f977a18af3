// @ts-check

/**
 * What finds models at any size: words, typed facets, indexes in the order of
 * the lists. It is filled at the next start, from what is stored.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_models', table => {
    table.string('theme', 255).comment('Of the current version');
    table.string('risk', 255).comment('Of the current version');
    table
      .text('listed')
      .comment('JSON: aliases and summaries of versions, as lists show them');
    table
      .string('index_digest', 64)
      .comment('SHA-256 of its facets and words, hex');
    table
      .integer('indexed_changes')
      .comment('Where it is not equal to changes, it is to be indexed');
  });
  await knex.raw('alter table registry_models drop column search_text');

  await knex.schema.alterTable('registry_facets', table => {
    table.double('number_value').comment('Where the value is a number');
    table
      .double('date_value')
      .comment('Where it is a date: milliseconds since 1970');
  });
  for (const kind of ['number', 'date']) {
    await knex.raw(
      `create index registry_facets_${kind}_index on registry_facets (key, ${kind}_value, model_id) where ${kind}_value is not null`,
    );
  }

  for (const [name, column] of Object.entries(orders)) {
    await knex.raw(
      `create index registry_models_by_${name} on registry_models (${[
        column,
        'id',
        ...decidedByIndex,
      ].join(', ')}) where published_at is not null and archived_at is null`,
    );
  }

  await knex.raw(
    'create index registry_models_by_theme on registry_models (theme, name, id) where published_at is not null and archived_at is null',
  );

  if (isPostgres(knex)) {
    await knex.schema.createTable('registry_words', table => {
      table.comment('Words of models, by where one looks for them');
      table
        .string('model_id', 36)
        .primary()
        .references('id')
        .inTable('registry_models')
        .onDelete('CASCADE');
      for (const column of ['whole', 'title', 'anywhere']) {
        table.specificType(column, 'tsvector').notNullable();
        table.index(column, `registry_words_${column}_index`, 'gin');
      }
    });
  } else {
    await knex.schema.createTable('registry_words', table => {
      table.comment('Rows of the full-text index by model');
      table.increments('id');
      table
        .string('model_id', 36)
        .notNullable()
        .unique()
        .references('id')
        .inTable('registry_models')
        .onDelete('CASCADE');
    });
    await knex.raw(
      `create virtual table registry_words_index using fts5(title, parts, text, content='', contentless_delete=1, detail=column, tokenize='ascii', prefix='1 2 3')`,
    );
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  if (!isPostgres(knex)) await knex.raw('drop table registry_words_index');
  await knex.schema.dropTable('registry_words');
  for (const name of [...Object.keys(orders), 'theme']) {
    await knex.raw(`drop index registry_models_by_${name}`);
  }
  for (const kind of ['number', 'date']) {
    await knex.raw(`drop index registry_facets_${kind}_index`);
    await knex.raw(`alter table registry_facets drop column ${kind}_value`);
  }
  for (const column of [
    'theme',
    'risk',
    'listed',
    'index_digest',
    'indexed_changes',
  ]) {
    await knex.raw(`alter table registry_models drop column ${column}`);
  }
  await knex.raw(
    `alter table registry_models add column search_text text not null default ''`,
  );
};

const orders = {
  name: 'name',
  update: 'updated_at',
  creation: 'created_at',
};

/**
 * Rights and common filters are decided without reading the model. Only what is
 * short: PostgreSQL refuses entries of an index over 2,700 bytes.
 */
const decidedByIndex = ['owner', 'system', 'visibility', 'type', 'lifecycle'];

/** @param {import('knex').Knex} knex */
function isPostgres(knex) {
  return knex.client.config.client === 'pg';
}
