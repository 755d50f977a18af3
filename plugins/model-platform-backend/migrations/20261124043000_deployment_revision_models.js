// @ts-check

/**
 * Models that each revision speaks of: who may see a deployment may see all of
 * them, which lists ask in SQL.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('deployment_revision_models', table => {
    table.comment('Models of the variants, and those the spec of then names');
    table.string('deployment_id', 36).notNullable();
    table.integer('number').notNullable();
    table.string('model_id', 36).notNullable();
    table.primary(['deployment_id', 'number', 'model_id']);
  });
  const watched = new Map(
    (await knex('deployments').select('id', 'watched')).map(row => [
      row.id,
      Object.keys(JSON.parse(row.watched)),
    ]),
  );
  const revisions = await knex('deployment_revisions').select(
    'deployment_id',
    'number',
    'snapshot',
  );
  for (const { deployment_id, number, snapshot } of revisions) {
    const ids = new Set(watched.get(deployment_id));
    for (const variant of JSON.parse(snapshot).variants)
      ids.add(variant.modelId);
    for (const model_id of ids) {
      await knex('deployment_revision_models').insert({
        deployment_id,
        number,
        model_id,
      });
    }
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('deployment_revision_models');
};
