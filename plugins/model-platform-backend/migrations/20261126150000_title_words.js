// @ts-check

/**
 * Words of names and tags in the order of the lists: a page of those who have
 * one is read from its beginning, however many have it. It is filled at the
 * next start, from what is stored.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('registry_title_words', table => {
    table.comment('Words of names and tags of models');
    table.string('word', 64).notNullable();
    table.string('name', 255).notNullable().comment('Of the model');
    table
      .string('model_id', 36)
      .notNullable()
      .references('id')
      .inTable('registry_models')
      .onDelete('CASCADE')
      .index();
    table.primary(['word', 'name', 'model_id']);
  });
  if (isPostgres(knex)) {
    await knex.schema.alterTable('registry_words', table => {
      table.dropColumn('whole');
    });
  }
  await knex('registry_models')
    .whereNotNull('indexed_changes')
    .update({ indexed_changes: -1, index_digest: null });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  if (isPostgres(knex)) {
    await knex.schema.alterTable('registry_words', table => {
      table.specificType('whole', 'tsvector').notNullable().defaultTo('');
      table.index('whole', 'registry_words_whole_index', 'gin');
    });
  }
  await knex.schema.dropTable('registry_title_words');
  await knex('registry_models')
    .whereNotNull('indexed_changes')
    .update({ indexed_changes: -1, index_digest: null });
};

/** @param {import('knex').Knex} knex */
function isPostgres(knex) {
  return knex.client.config.client === 'pg';
}
