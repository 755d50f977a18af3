// @ts-check

/**
 * What happens to a version that waits for its metadata is told to nobody but
 * who may publish there, as the version itself.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_history', table => {
    table
      .boolean('unfinished')
      .notNullable()
      .defaultTo(false)
      .comment('Of a version that was not complete then');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('registry_history', table => {
    table.dropColumn('unfinished');
  });
};
