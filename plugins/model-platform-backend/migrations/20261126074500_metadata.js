// @ts-check

/**
 * Which schemas versions satisfied and what their files say of themselves;
 * how models stand to the schema in force today.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_versions', table => {
    table
      .text('schemas')
      .comment('JSON: metadata schemas that it satisfied when it became ready');
    table.text('readings').comment('JSON: what its files say of themselves');
  });
  await knex.schema.alterTable('registry_models', table => {
    table
      .string('metadata_complete', 5)
      .notNullable()
      .defaultTo('true')
      .index()
      .comment(
        'true or false: by the schema in force; see registry_compliance',
      );
  });
  await knex.schema.createTable('registry_compliance', table => {
    table.comment(
      'How the metadata of current versions stands to the schema in force when somebody last looked',
    );
    table
      .string('model_id', 36)
      .primary()
      .references('id')
      .inTable('registry_models')
      .onDelete('CASCADE');
    table
      .integer('version')
      .notNullable()
      .comment('The version looked at; 0 where none is ready');
    table
      .string('schema_digest', 71)
      .notNullable()
      .comment('Of all schemas that held for it');
    table.text('schemas').notNullable().comment('JSON');
    table.text('problems').notNullable().comment('JSON');
    table.string('checked_at', 32).notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('registry_compliance');
  await knex.schema.alterTable('registry_models', table => {
    table.dropIndex(['metadata_complete']);
    table.dropColumn('metadata_complete');
  });
  await knex.schema.alterTable('registry_versions', table => {
    table.dropColumn('schemas');
    table.dropColumn('readings');
  });
};
