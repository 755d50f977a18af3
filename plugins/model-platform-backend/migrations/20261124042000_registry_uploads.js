// @ts-check

/**
 * Which files were sent to which draft: that the store has a blob says nothing
 * of whether this model may have it, for other models of the system share it.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_files', table => {
    table
      .boolean('uploaded')
      .notNullable()
      .defaultTo(false)
      .comment('Its bytes were sent to this version while it was a draft');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('registry_files', table => {
    table.dropColumn('uploaded');
  });
};
