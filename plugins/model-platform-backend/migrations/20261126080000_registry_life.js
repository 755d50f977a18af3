// @ts-check

const BATCH = 500;

/**
 * What the history is asked by, approvals, models that were deleted, and the
 * outbox of changes that others have to hear of.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_history', table => {
    table.string('alias', 255).comment('The alias that the entry is about');
    table.string('client', 40).comment('From where: portal, cli, mlflow, …');
    table.index(['model_id', 'alias', 'id'], 'registry_history_alias');
    table.index(['model_id', 'id'], 'registry_history_model');
  });
  for (let after = 0; ; ) {
    const entries = await knex('registry_history')
      .where('id', '>', after)
      .whereIn('action', ['alias-moved', 'alias-removed'])
      .orderBy('id')
      .limit(BATCH);
    for (const { id, details } of entries) {
      await knex('registry_history')
        .where({ id })
        .update({ alias: JSON.parse(details).alias });
    }
    if (entries.length < BATCH) break;
    after = entries[entries.length - 1].id;
  }

  await knex.schema.createTable('registry_approvals', table => {
    table.comment('Append only: who vouched for which version');
    table.bigIncrements('id');
    table.string('model_id', 36).notNullable();
    table.integer('version').notNullable();
    table.string('approver', 255).notNullable();
    table.text('groups').notNullable().comment('JSON: whom it was given for');
    table.text('reason').notNullable();
    table.string('at', 32).notNullable();
    table.index(['model_id', 'version']);
  });

  await knex.schema.createTable('registry_deleted_models', table => {
    table.comment('What is left of deleted models beside their history');
    table.string('id', 36).primary();
    table.string('name', 255).notNullable().index();
    table.string('slug', 50).notNullable().index();
    table
      .text('subject')
      .notNullable()
      .comment('JSON: what rights were decided on');
    table.string('deleted_at', 32).notNullable();
  });

  await knex.schema.createTable('registry_outbox', table => {
    table.comment(
      'Entries of the history that were not handed on yet; written with them',
    );
    table.bigInteger('history_id').primary();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('registry_outbox');
  await knex.schema.dropTable('registry_deleted_models');
  await knex.schema.dropTable('registry_approvals');
  await knex.schema.alterTable('registry_history', table => {
    table.dropIndex(['model_id', 'alias', 'id'], 'registry_history_alias');
    table.dropIndex(['model_id', 'id'], 'registry_history_model');
    table.dropColumn('client');
    table.dropColumn('alias');
  });
};
