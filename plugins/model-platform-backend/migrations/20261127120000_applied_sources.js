// @ts-check

/**
 * Where a declaration stood when it was applied: one that was moved and refused
 * at its new place still has the deployment that it made.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('deployment_sources', table => {
    table
      .text('applied_from')
      .comment(
        'Location at which it was applied last; absent where it never was',
      );
  });
  await knex('deployment_sources').update({
    applied_from: knex.ref('location'),
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('deployment_sources', table => {
    table.dropColumn('applied_from');
  });
};
