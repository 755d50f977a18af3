// @ts-check

/**
 * An alias names one version. Where it was moved on in the registry from one
 * that MLflow alone has, both were kept; the registry's is the later one.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex('mlflow_aliases')
    .whereExists(
      knex('registry_aliases')
        .select(knex.raw('1'))
        .whereRaw('registry_aliases.model_id = mlflow_aliases.model_id')
        .whereRaw('registry_aliases.alias = mlflow_aliases.alias'),
    )
    .delete();
};

/** What was removed named nothing any more. */
exports.down = async function down() {};
