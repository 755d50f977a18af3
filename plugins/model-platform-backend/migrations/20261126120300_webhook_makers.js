// @ts-check

/**
 * Who made a webhook, to ask what they may still read, and which model a
 * delivery tells of.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('webhooks', table => {
    table
      .string('maker', 255)
      .notNullable()
      .defaultTo('')
      .comment('Who made it: a person, token:<id> or plugin:<id>');
    table
      .text('maker_claims')
      .comment('JSON: whom a person spoke for when saving it last');
    table.text('disabled_because').comment('Why the platform disabled it');
  });
  for (const { id, speaks_for: actor } of await knex('webhooks').select(
    'id',
    'speaks_for',
  )) {
    const token = /^token:[^()]* \(([0-9a-f]+), made by /.exec(actor)?.[1];
    await knex('webhooks')
      .where({ id })
      .update({
        maker: token === undefined ? actor : `token:${token}`,
        maker_claims: actor.startsWith('user:') ? '[]' : null,
        // Nobody could tell any more what a job that ended may read.
        ...(actor.startsWith('ci:') && {
          status: 'DISABLED',
          disabled_because: 'A job made it, which has ended',
          readable: 'false',
        }),
      });
  }

  await knex.schema.alterTable('webhook_deliveries', table => {
    table.string('model_id', 36).notNullable().defaultTo('');
  });
  await knex('webhook_deliveries').update({
    model_id: knex('registry_history')
      .where('id', knex.ref('webhook_deliveries.history_id'))
      .select('model_id'),
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('webhook_deliveries', table => {
    table.dropColumn('model_id');
  });
  await knex.schema.alterTable('webhooks', table => {
    table.dropColumns('maker', 'maker_claims', 'disabled_because');
  });
};
