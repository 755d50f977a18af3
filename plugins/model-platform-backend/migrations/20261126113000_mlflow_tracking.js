// @ts-check

/**
 * Tags of experiments become facts like those of runs, so that they are found
 * by, and removed, like those. Versions remember where what they were made of
 * is loaded from, models which numbers of their name were taken before them,
 * and files may arrive in parts.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  const experiments = await knex('mlflow_experiments').select('id', 'tags');
  for (const { id, tags } of experiments) {
    // One at a time: a list may say a key twice, and of two the last one counts.
    for (const { key, value } of JSON.parse(tags)) {
      await knex('mlflow_facts')
        .insert({ subject_id: id, kind: 'tag', key, value })
        .onConflict(['subject_id', 'kind', 'key'])
        .merge();
    }
  }
  await knex.schema.alterTable('mlflow_experiments', table => {
    table.dropColumn('tags');
  });
  await knex.schema.alterTable('mlflow_versions', table => {
    table
      .text('location')
      .comment('Where it is loaded from; null where that is its source');
  });
  await knex.schema.alterTable('mlflow_models', table => {
    table
      .integer('numbers_before')
      .comment('Last number of its name when it was made; null where renamed');
  });
  await knex.schema.createTable('mlflow_uploads', table => {
    table.comment(
      'Files that arrive in parts; the parts are in mlflow_artifacts, by the id',
    );
    table.string('id', 36).primary();
    table
      .string('owner_id', 36)
      .notNullable()
      .comment('Of the file, as in mlflow_artifacts');
    table.string('path', 1024).notNullable();
    table.string('system', 255).notNullable();
    table.integer('parts').notNullable();
    table.string('created_at', 32).notNullable().index();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('mlflow_uploads');
  await knex.schema.alterTable('mlflow_models', table => {
    table.dropColumn('numbers_before');
  });
  await knex.schema.alterTable('mlflow_versions', table => {
    table.dropColumn('location');
  });
  await knex.schema.alterTable('mlflow_experiments', table => {
    table.text('tags').notNullable().defaultTo('[]');
  });
  const tags = await knex('mlflow_facts')
    .whereIn('subject_id', knex('mlflow_experiments').select('id'))
    .where({ kind: 'tag' })
    .select('subject_id', 'key', 'value');
  const byExperiment = new Map();
  for (const { subject_id: id, key, value } of tags) {
    const known = byExperiment.get(id) ?? [];
    byExperiment.set(id, [...known, { key, value }]);
  }
  for (const [id, list] of byExperiment) {
    await knex('mlflow_experiments')
      .where({ id })
      .update({ tags: JSON.stringify(list) });
  }
  await knex('mlflow_facts')
    .whereIn('subject_id', knex('mlflow_experiments').select('id'))
    .delete();
};
