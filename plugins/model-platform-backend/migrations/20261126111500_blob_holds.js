// @ts-check

/**
 * Blobs that something is about to refer to.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('registry_blob_holds', table => {
    table.comment(
      'Blobs that must stay while what will refer to them is being made',
    );
    table.bigIncrements('id');
    table.string('holder', 36).notNullable().index();
    table.string('system', 255).notNullable();
    table.string('digest', 80).notNullable();
    table.string('held_at', 32).notNullable();
    table.index(['system', 'digest']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('registry_blob_holds');
};
