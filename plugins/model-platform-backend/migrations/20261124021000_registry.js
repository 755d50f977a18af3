// @ts-check

/**
 * Models, their versions, aliases, history, and publisher tokens.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('registry_names', table => {
    table.comment(
      'Numbers given out by name, so that none means two things, even where a name is made anew',
    );
    table.string('name', 255).primary();
    table.integer('last_number').notNullable();
  });

  await knex.schema.createTable('registry_models', table => {
    table.comment(
      'Models; those without published_at have no ready version and are shown nowhere',
    );
    table.string('id', 36).primary();
    table.string('name', 255).notNullable().unique();
    table.string('slug', 50).notNullable().unique();
    table.string('type', 63).notNullable();
    table.text('description').notNullable();
    table.string('owner', 255).notNullable().index();
    table.string('system', 255).notNullable().index();
    table.string('lifecycle', 32).notNullable();
    table.string('visibility', 32).notNullable();
    table
      .text('shared_with')
      .notNullable()
      .comment('JSON; also in registry_facets');
    table.text('tags').notNullable().comment('JSON; also in registry_facets');
    table.string('created_at', 32).notNullable();
    table.string('created_by', 255).notNullable();
    table.string('updated_at', 32).notNullable();
    table
      .string('published_at', 32)
      .index()
      .comment('When its first version became ready');
    table.string('archived_at', 32);
    table.integer('changes').notNullable();
    table
      .integer('current_number')
      .comment(
        'The champion, else the newest ready version; its facts stand for the model',
      );
    table.integer('latest_number').comment('Newest ready version');
    table.text('metadata').comment('JSON, of the current version');
    table.text('search_text').notNullable().comment('Lower case');
  });

  await knex.schema.createTable('registry_facets', table => {
    table.comment(
      'What models are filtered and counted by: tag, theme, risk, sharedWith, metadata.<path>',
    );
    table
      .string('model_id', 36)
      .notNullable()
      .references('id')
      .inTable('registry_models')
      .onDelete('CASCADE');
    table.string('key', 190).notNullable();
    table.string('value', 255).notNullable();
    table.primary(['model_id', 'key', 'value']);
    table.index(['key', 'value']);
  });

  await knex.schema.createTable('registry_versions', table => {
    table.comment(
      'Versions; nothing of one changes once it is ready, but that it is archived',
    );
    table.string('id', 36).primary();
    table
      .string('model_id', 36)
      .notNullable()
      .references('id')
      .inTable('registry_models')
      .onDelete('CASCADE');
    table.integer('number').notNullable();
    table
      .string('status', 16)
      .notNullable()
      .comment('draft, ready or archived');
    table.string('system', 255).notNullable().comment('Scope of its blobs');
    table
      .text('fields')
      .notNullable()
      .comment('JSON: what its publish says of the model');
    table.text('spec').notNullable();
    table.string('manifest_digest', 71).notNullable();
    table.string('publisher', 255).notNullable();
    table.string('idempotency_key', 255).comment('Of a draft only');
    table.string('created_at', 32).notNullable();
    table.string('ready_at', 32).index();
    table.string('archived_at', 32);
    table.string('expires_at', 32).index().comment('Of a draft only');
    table.unique(['model_id', 'number']);
    table.unique(['model_id', 'publisher', 'idempotency_key']);
  });

  await knex.schema.createTable('registry_files', table => {
    table.comment('Files of versions, by digest');
    table
      .string('version_id', 36)
      .notNullable()
      .references('id')
      .inTable('registry_versions')
      .onDelete('CASCADE');
    table.integer('position').notNullable();
    table.string('path', 1024).notNullable();
    table.string('digest', 71).notNullable();
    table.bigInteger('size_bytes').notNullable();
    table.string('system', 255).notNullable();
    table.primary(['version_id', 'position']);
    table.index(['system', 'digest']);
  });

  await knex.schema.createTable('registry_aliases', table => {
    table.comment('Movable names for versions');
    table
      .string('model_id', 36)
      .notNullable()
      .references('id')
      .inTable('registry_models')
      .onDelete('CASCADE');
    table.string('alias', 255).notNullable();
    table.integer('version').notNullable();
    table.primary(['model_id', 'alias']);
  });

  await knex.schema.createTable('registry_history', table => {
    table.comment('Append only: who did what, when, why');
    table.bigIncrements('id');
    table.string('model_id', 36).notNullable().index();
    table.string('at', 32).notNullable();
    table.string('actor', 255).notNullable();
    table.string('action', 40).notNullable();
    table.text('reason');
    table.text('details');
  });

  await knex.schema.createTable('access_tokens', table => {
    table.comment('Publisher tokens; only their hashes');
    table.string('id', 36).primary();
    table.string('name', 255).notNullable();
    table
      .string('hash', 64)
      .notNullable()
      .unique()
      .comment('SHA-256 of the token, hex');
    table.text('grants').notNullable();
    table.string('source', 16).notNullable().comment('api or config');
    table.string('created_by', 255).notNullable();
    table.string('created_at', 32).notNullable();
    table.string('expires_at', 32);
    table.string('last_used_at', 32);
    table.string('revoked_at', 32);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('access_tokens');
  await knex.schema.dropTable('registry_history');
  await knex.schema.dropTable('registry_aliases');
  await knex.schema.dropTable('registry_files');
  await knex.schema.dropTable('registry_versions');
  await knex.schema.dropTable('registry_facets');
  await knex.schema.dropTable('registry_models');
  await knex.schema.dropTable('registry_names');
};
