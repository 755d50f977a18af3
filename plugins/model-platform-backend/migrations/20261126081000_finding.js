// @ts-check

/**
 * Which models there are, in which order, and how many of each kind, is all
 * decided within an index: the models themselves are wide. PostgreSQL takes no
 * entry over 2,700 bytes, so there is nothing long in them; SQLite reads the
 * model where a column of the index's own condition is not in it.
 */
const decisive = [
  'owner',
  'system',
  'theme',
  'visibility',
  'type',
  'lifecycle',
  'risk',
  'archived_at',
  'indexed_changes',
];
/** @param {string} first */
const byNameWithin = first => [
  first,
  'name',
  'id',
  ...decisive.filter(column => column !== first),
];
const indexes = {
  name: ['name', 'id', ...decisive],
  update: ['updated_at', 'id', ...decisive],
  creation: ['created_at', 'id', ...decisive],
  owner: byNameWithin('owner'),
  system: byNameWithin('system'),
  theme: byNameWithin('theme'),
};

/**
 * What finds models at any size: words, typed facets, indexes in the order of
 * the lists. It is filled at the next start, from what is stored.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_models', table => {
    table.string('theme', 120).comment('Of the current version');
    table.string('risk', 120).comment('Of the current version');
    table
      .text('listed')
      .comment('JSON: aliases and summaries of versions, as lists show them');
    table
      .string('index_digest', 64)
      .comment('SHA-256 of its facets and words, hex');
    table
      .integer('indexed_changes')
      .comment(
        'Null where it is in no list yet; where it is not equal to changes, it is to be indexed',
      );
  });
  await knex.raw('alter table registry_models drop column search_text');

  await knex.schema.alterTable('registry_facets', table => {
    table.double('number_value').comment('Where the value is a number');
    table
      .double('date_value')
      .comment('Where it is a date: milliseconds since 1970');
  });
  await knex.schema.alterTable('registry_facets', table => {
    table.dropIndex(['key', 'value']);
    table.index(['key', 'value', 'model_id'], 'registry_facets_by_value');
  });
  for (const kind of ['number', 'date']) {
    await knex.raw(
      `create index registry_facets_${kind}_index on registry_facets (key, ${kind}_value, model_id) where ${kind}_value is not null`,
    );
  }

  for (const [name, columns] of Object.entries(indexes)) {
    await knex.raw(
      `create index registry_models_by_${name} on registry_models (${columns.join(
        ', ',
      )}) where indexed_changes is not null and archived_at is null`,
    );
  }

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
  for (const name of Object.keys(indexes)) {
    await knex.raw(`drop index registry_models_by_${name}`);
  }
  for (const kind of ['number', 'date']) {
    await knex.raw(`drop index registry_facets_${kind}_index`);
    await knex.raw(`alter table registry_facets drop column ${kind}_value`);
  }
  await knex.schema.alterTable('registry_facets', table => {
    table.dropIndex([], 'registry_facets_by_value');
    table.index(['key', 'value']);
  });
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

/** @param {import('knex').Knex} knex */
function isPostgres(knex) {
  return knex.client.config.client === 'pg';
}
