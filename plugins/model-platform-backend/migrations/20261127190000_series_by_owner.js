// @ts-check

/**
 * The series of one revision of an endpoint are counted when it gets new ones.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('metric_series', table => {
    table.index(['endpoint', 'revision', 'system']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('metric_series', table => {
    table.dropIndex(['endpoint', 'revision', 'system']);
  });
};
