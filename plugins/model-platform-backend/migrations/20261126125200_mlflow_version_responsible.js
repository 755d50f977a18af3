// @ts-check

/**
 * Who registered a version answers for it, whoever gave what it lacked and so
 * made it ready.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('mlflow_versions', table => {
    table
      .string('responsible', 255)
      .comment('Person who registered it, or who made the token that did');
  });
  const makers = await knex('mlflow_versions').distinct().pluck('created_by');
  for (const maker of makers) {
    const behind = /^token:[^()]* \([^()]*, made by (user:[^()]+)\)$/.exec(
      maker,
    )?.[1];
    const responsible = maker.startsWith('user:') ? maker : behind;
    if (responsible !== undefined) {
      await knex('mlflow_versions')
        .where({ created_by: maker })
        .update({ responsible });
    }
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('mlflow_versions', table => {
    table.dropColumn('responsible');
  });
};
