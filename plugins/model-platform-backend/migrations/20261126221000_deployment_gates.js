// @ts-check

/**
 * Revisions that wait for their gates, what was decided on them, and what
 * triggers saw last.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('deployments', table => {
    table
      .integer('waiting_request')
      .comment('Number of the request that waits');
    table
      .text('gates')
      .comment(
        'JSON; gates that hold for the next revision: those of the spec, and those that it takes away',
      );
    table
      .string('orphaned_at', 32)
      .comment('Since when its declaration in Git is gone');
    table
      .text('strategy')
      .comment(
        'JSON; how the wanted revision gets its traffic, if by steps or the like',
      );
  });
  const deployments = await knex('deployments')
    .whereNotNull('revision')
    .select('id', 'spec', 'overrides');
  for (const { id, spec, overrides } of deployments) {
    const { strategy } = JSON.parse(spec);
    const isByPerson = JSON.parse(overrides ?? '[]').some(({ kind }) =>
      ['promote', 'rollback'].includes(kind),
    );
    if (strategy && !isByPerson)
      await knex('deployments')
        .where({ id })
        .update({ strategy: JSON.stringify(strategy) });
  }

  await knex.schema.createTable('deployment_requests', table => {
    table.comment(
      'Revisions that were asked for and wait, or waited, for gates',
    );
    table.string('deployment_id', 36).notNullable();
    table.integer('number').notNullable().comment('Counted per deployment');
    table
      .string('state', 16)
      .notNullable()
      .comment('waiting, made, superseded, refused or withdrawn');
    table.string('created_at', 32).notNullable();
    table.string('actor', 255).notNullable();
    table.text('reason').notNullable();
    table
      .text('content')
      .notNullable()
      .comment('JSON: what it would resolve to, its gates, who asked for it');
    table
      .text('standing')
      .notNullable()
      .comment('JSON: how its gates stood last');
    table.string('closed_at', 32);
    table.text('closed_reason');
    table.integer('revision').comment('The one that it became');
    table.primary(['deployment_id', 'number']);
  });

  await knex.schema.createTable('deployment_request_decisions', table => {
    table.comment('Who approves or refused a request, when, why');
    table.bigIncrements('id');
    table.string('deployment_id', 36).notNullable();
    table.integer('number').notNullable();
    table.string('decision', 16).notNullable();
    table.string('approver', 255).notNullable();
    table.text('groups').notNullable();
    table.text('reason').notNullable();
    table.string('at', 32).notNullable();
    table.unique(['deployment_id', 'number', 'approver'], {
      indexName: 'deployment_request_decisions_once',
    });
  });

  await knex.schema.createTable('deployment_trigger_states', table => {
    table.comment('What schedules and triggers by metrics saw last');
    table.string('deployment_id', 36).primary();
    table.text('states').notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('deployment_trigger_states');
  await knex.schema.dropTable('deployment_request_decisions');
  await knex.schema.dropTable('deployment_requests');
  await knex.schema.alterTable('deployments', table => {
    table.dropColumns('waiting_request', 'gates', 'orphaned_at', 'strategy');
  });
};
