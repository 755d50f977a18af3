// @ts-check

/**
 * A version can be refused, too. Who decides finds what waits for them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_approvals', table => {
    table
      .string('decision', 10)
      .notNullable()
      .defaultTo('approved')
      .comment('approved or refused');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  // Refusals that stayed would count as approvals.
  await knex('registry_approvals').where({ decision: 'refused' }).delete();
  await knex.schema.alterTable('registry_approvals', table => {
    table.dropColumn('decision');
  });
};
