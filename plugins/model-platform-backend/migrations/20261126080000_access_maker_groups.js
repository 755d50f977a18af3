// @ts-check

/**
 * Groups of who made a publisher token: what it may follows from them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('access_tokens', table => {
    table
      .text('maker_groups')
      .comment('JSON; groups its maker was in when it was made');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('access_tokens', table => {
    table.dropColumn('maker_groups');
  });
};
