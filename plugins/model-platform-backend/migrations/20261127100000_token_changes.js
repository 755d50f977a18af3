// @ts-check

/**
 * How often the tokens of a deployment have changed.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('deployments', table => {
    table
      .integer('token_changes')
      .notNullable()
      .defaultTo(0)
      .comment('Grows with each token that is made or revoked');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('deployments', table => {
    table.dropColumn('token_changes');
  });
};
