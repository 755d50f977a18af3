// @ts-check

/**
 * What MLflow's clients keep beside the registry: registered models without a
 * ready version, tags, stages, versions that wait for their metadata, and the
 * runs, logged models and artifacts that versions are made from.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('mlflow_models', table => {
    table.comment(
      'Models of the registry that MLflow may show before they have a ready version',
    );
    table.string('model_id', 36).primary();
  });

  await knex.schema.createTable('mlflow_tags', table => {
    table.comment('Tags of models (number 0) and of versions');
    table.string('model_id', 36).notNullable();
    table.integer('number').notNullable();
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['model_id', 'number', 'key']);
    table.index(['key']);
  });

  await knex.schema.createTable('mlflow_aliases', table => {
    table.comment(
      'Aliases of versions that are not in the registry; the others are in registry_aliases',
    );
    table.string('model_id', 36).notNullable();
    table.string('alias', 255).notNullable();
    table.integer('number').notNullable();
    table.primary(['model_id', 'alias']);
  });

  await knex.schema.createTable('mlflow_versions', table => {
    table.comment(
      'What MLflow says of versions; those without a ready or archived row in registry_versions are in this table alone',
    );
    table.string('model_id', 36).notNullable();
    table.integer('number').notNullable();
    table
      .string('state', 16)
      .notNullable()
      .comment('pending, bare (ready for MLflow alone) or registered');
    table.text('status_message');
    table.text('source');
    table
      .text('root')
      .comment('Where its files are among the artifacts; null where elsewhere');
    table.string('run_id', 64);
    table.string('logged_model_id', 64);
    table.text('run_link');
    table.text('description');
    table.string('stage', 16).notNullable();
    table.string('created_by', 255).notNullable();
    table.string('created_at', 32).notNullable();
    table.string('updated_at', 32).notNullable();
    table.primary(['model_id', 'number']);
    table.index(['run_id']);
  });

  await knex.schema.createTable('mlflow_experiments', table => {
    table.comment('Experiments; runs and logged models are where these are');
    table.string('id', 36).primary();
    table.string('name', 255).notNullable();
    table.string('system', 255).notNullable().index();
    table.string('owner', 255).notNullable();
    table.string('visibility', 32).notNullable();
    table.string('stage', 16).notNullable().comment('active or deleted');
    table.text('tags').notNullable().comment('JSON');
    table.string('created_at', 32).notNullable();
    table.string('updated_at', 32).notNullable();
    table.unique(['system', 'name']);
  });

  await knex.schema.createTable('mlflow_runs', table => {
    table.comment('Runs, with parameters, tags and outputs');
    table.string('id', 36).primary();
    table.string('experiment_id', 36).notNullable().index();
    table.string('name', 255).notNullable();
    table.string('user', 255).notNullable();
    table.string('status', 16).notNullable();
    table.string('stage', 16).notNullable().comment('active or deleted');
    table.bigInteger('started_at').notNullable().comment('ms');
    table.bigInteger('ended_at').comment('ms');
  });

  await knex.schema.createTable('mlflow_logged_models', table => {
    table.comment('Logged models');
    table.string('id', 36).primary();
    table.string('experiment_id', 36).notNullable().index();
    table.string('name', 255).notNullable();
    table.string('type', 255).notNullable();
    table.string('source_run_id', 36).notNullable();
    table.string('status', 32).notNullable();
    table.string('stage', 16).notNullable().comment('active or deleted');
    table.string('created_at', 32).notNullable();
    table.string('updated_at', 32).notNullable();
  });

  await knex.schema.createTable('mlflow_facts', table => {
    table.comment(
      'Parameters, tags, inputs and outputs of runs and logged models',
    );
    table.string('subject_id', 36).notNullable();
    table.string('kind', 16).notNullable();
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['subject_id', 'kind', 'key']);
  });

  await knex.schema.createTable('mlflow_metrics', table => {
    table.comment('Every value of the metrics of runs');
    table.bigIncrements('id');
    table.string('run_id', 36).notNullable();
    table.string('key', 250).notNullable();
    table.string('value', 32).notNullable().comment('NaN and infinity too');
    table.bigInteger('at').notNullable().comment('ms');
    table.bigInteger('step').notNullable();
    table.string('logged_model_id', 36);
    table.unique(['run_id', 'key', 'at', 'step', 'value']);
    table.index(['logged_model_id']);
  });

  await knex.schema.createTable('mlflow_artifacts', table => {
    table.comment(
      'Files of runs and logged models, by experiment; of prompts, by model. They use the blobs that they name',
    );
    table.string('owner_id', 36).notNullable();
    table.string('path', 1024).notNullable();
    table.string('digest', 71).notNullable();
    table.bigInteger('size_bytes').notNullable();
    table.string('system', 255).notNullable();
    table.string('updated_at', 32).notNullable();
    table.primary(['owner_id', 'path']);
    table.index(['system', 'digest']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of [
    'mlflow_artifacts',
    'mlflow_metrics',
    'mlflow_facts',
    'mlflow_logged_models',
    'mlflow_runs',
    'mlflow_experiments',
    'mlflow_versions',
    'mlflow_aliases',
    'mlflow_tags',
    'mlflow_models',
  ]) {
    await knex.schema.dropTable(table);
  }
};
