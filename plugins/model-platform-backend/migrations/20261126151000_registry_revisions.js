// @ts-check

/**
 * How often models of a system changed in what lists show, so that whoever
 * keeps an answer sees whether it still holds. A row for each system, so that
 * changes in one do not wait for those in another.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('registry_revisions', table => {
    table.string('system', 255).primary();
    table
      .bigInteger('revision')
      .notNullable()
      .comment('Grows with each change');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('registry_revisions');
};
