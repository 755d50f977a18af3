// @ts-check

/**
 * What is taken of quotas, so that no two revisions are given the same room.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('deployment_room', table => {
    table.comment('Where a quota holds for the deployments of a system');
    table.string('environment', 63).notNullable();
    table.string('system', 128).notNullable();
    table
      .integer('changes')
      .notNullable()
      .comment('Grows with each revision that was held against the quota');
    table.primary(['environment', 'system']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('deployment_room');
};
