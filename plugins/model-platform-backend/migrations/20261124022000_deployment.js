// @ts-check

/**
 * Deployments, their revisions, endpoint tokens and history.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('deployments', table => {
    table.comment(
      'Desired state of each deployment, and its state as last observed',
    );
    table.string('id', 36).primary();
    table
      .string('name', 40)
      .notNullable()
      .unique()
      .comment('Also the name of the endpoint');
    table.string('model_id', 36).notNullable().index();
    table.string('model', 255).notNullable();
    table.string('model_slug', 63).notNullable();
    table.string('system', 128).notNullable().index();
    table.string('owner', 255).notNullable();
    table.string('environment', 63).notNullable().index();
    table.text('spec').notNullable();
    table.integer('generation').notNullable();
    table
      .integer('changes')
      .notNullable()
      .comment('Grows with each change of desired state');
    table.string('source', 2048).notNullable();
    table.boolean('off').notNullable();
    table.text('off_reason');
    table.boolean('deleting').notNullable();
    table.integer('revision').comment('Revision that is wanted');
    table.integer('serving_revision').comment('Revision that traffic goes to');
    table
      .string('rollout_started_at', 32)
      .comment('When the wanted revision was first tried');
    table
      .text('watched')
      .notNullable()
      .comment('Versions that the triggers saw last');
    table.string('phase', 16).notNullable();
    table.text('conditions').notNullable();
    table.text('runners').notNullable();
    table.text('url');
    table.string('created_at', 32).notNullable();
    table.string('updated_at', 32).notNullable();
    table.string('updated_by', 255).notNullable();
  });

  await knex.schema.createTable('deployment_revisions', table => {
    table.comment(
      'Immutable snapshots, selectors resolved; kept when the deployment is deleted',
    );
    table.string('deployment_id', 36).notNullable();
    table.string('name', 40).notNullable();
    table
      .integer('number')
      .notNullable()
      .comment('Counted per name, so that it never means two things');
    table.string('created_at', 32).notNullable();
    table.string('actor', 255).notNullable();
    table.text('reason').notNullable();
    table.text('snapshot').notNullable();
    table.string('first_served_at', 32);
    table.primary(['deployment_id', 'number']);
    table.unique(['name', 'number']);
  });

  await knex.schema.createTable('deployment_tokens', table => {
    table.comment(
      'Tokens with which applications call an endpoint; only their hashes',
    );
    table.string('id', 36).primary();
    table.string('deployment_id', 36).notNullable().index();
    table.string('endpoint', 40).notNullable();
    table
      .string('hash', 64)
      .notNullable()
      .unique()
      .comment('SHA-256 of the token, hex');
    table.string('consumer', 255).notNullable();
    table.string('created_by', 255).notNullable();
    table.string('created_at', 32).notNullable();
    table.string('expires_at', 32);
    table.string('revoked_at', 32);
  });

  await knex.schema.createTable('deployment_history', table => {
    table.comment('Append only: who did what, when, why');
    table.bigIncrements('id');
    table.string('deployment_id', 36).notNullable().index();
    table.string('name', 40).notNullable().index();
    table.string('model_id', 36).notNullable().index();
    table.string('at', 32).notNullable();
    table.string('actor', 255).notNullable();
    table.string('action', 40).notNullable();
    table.text('reason');
    table.text('details');
  });

  await knex.schema.createTable('deployment_sources', table => {
    table.comment(
      'Declarations read from Git: what was applied from them last, or why not',
    );
    table.string('entity_ref', 255).primary();
    table.string('location', 2048).notNullable();
    table.string('name', 40).notNullable().index();
    table.string('digest', 64).comment('Of the declaration as last looked at');
    table
      .string('state', 16)
      .notNullable()
      .comment('applied, refused or orphaned');
    table.text('message');
    table.string('updated_at', 32).notNullable();
  });

  await knex.schema.createTable('deployment_leases', table => {
    table.comment('Which portal process does what only one may do');
    table.string('name', 40).primary();
    table.string('holder', 64).notNullable();
    table
      .bigInteger('expires_at')
      .notNullable()
      .comment('Unix time, milliseconds');
    table
      .bigInteger('fencing')
      .notNullable()
      .comment('Grows with each change of the holder');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('deployment_leases');
  await knex.schema.dropTable('deployment_sources');
  await knex.schema.dropTable('deployment_history');
  await knex.schema.dropTable('deployment_tokens');
  await knex.schema.dropTable('deployment_revisions');
  await knex.schema.dropTable('deployments');
};
