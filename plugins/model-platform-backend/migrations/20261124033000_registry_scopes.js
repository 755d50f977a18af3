// @ts-check

/**
 * One row a system, by which opening drafts and removing blobs take turns.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('registry_scopes', table => {
    table.comment(
      'Locked while files are announced or removed, so that none is removed that was just announced',
    );
    table.string('system', 255).primary();
    table.integer('turns').notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('registry_scopes');
};
