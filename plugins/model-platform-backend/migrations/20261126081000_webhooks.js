// @ts-check

/**
 * Webhooks and what is sent to them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('webhooks', table => {
    table.comment('Receivers of what happens to the models of a system');
    table.string('id', 36).primary();
    table.string('system', 255).notNullable().index();
    table.string('name', 63).notNullable();
    table.text('description');
    table.text('url').notNullable();
    table.text('events').notNullable().comment('JSON');
    table.string('status', 16).notNullable().comment('ACTIVE or DISABLED');
    table.text('secret').comment('Encrypted');
    table
      .text('readable')
      .notNullable()
      .comment('JSON: which models speaks_for could read');
    table.string('speaks_for', 255).notNullable();
    table.string('created_at', 32).notNullable();
    table.string('updated_at', 32).notNullable();
  });

  await knex.schema.createTable('webhook_deliveries', table => {
    table.comment('Messages to webhooks, until they are old');
    table.string('id', 36).primary();
    table
      .string('webhook_id', 36)
      .notNullable()
      .references('id')
      .inTable('webhooks')
      .onDelete('CASCADE');
    table.bigInteger('history_id').notNullable();
    table.string('event', 64).notNullable();
    table.text('body').notNullable().comment('As it is sent and signed');
    table
      .string('status', 16)
      .notNullable()
      .comment('pending, delivered or failed');
    table.integer('attempts').notNullable();
    table.string('created_at', 32).notNullable();
    table.string('next_attempt_at', 32).comment('Of a pending one');
    table.string('finished_at', 32);
    table.integer('response_status');
    table.text('error');
    // An entry of the history is handed on at least once; this makes it once.
    table.unique(['webhook_id', 'history_id', 'event']);
    table.index(['status', 'next_attempt_at']);
    table.index(['webhook_id', 'created_at', 'id']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('webhook_deliveries');
  await knex.schema.dropTable('webhooks');
};
