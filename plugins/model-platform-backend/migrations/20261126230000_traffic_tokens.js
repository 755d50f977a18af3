// @ts-check

/**
 * What a token is good for beside calling.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('deployment_tokens', table => {
    table.text('rate').comment('Limit of its calls, JSON; none where absent');
    table
      .boolean('may_choose_variant')
      .comment('Whether its calls may name the variant that answers');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('deployment_tokens', table => {
    table.dropColumn('may_choose_variant');
    table.dropColumn('rate');
  });
};
