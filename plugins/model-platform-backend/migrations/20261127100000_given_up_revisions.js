// @ts-check

/**
 * A revision that did not become ready in time beside one that serves, so that
 * it stays given up whichever portal looks next.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('deployments', table => {
    table.text('given_up').comment('JSON; absent where none is');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('deployments', table => {
    table.dropColumn('given_up');
  });
};
