// @ts-check

/**
 * Who answers for a version: a token's maker may no more approve what it
 * published than what he published himself.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('registry_versions', table => {
    table
      .string('responsible', 255)
      .comment('Person who published it, or who made the token that did');
  });
  const publishers = await knex('registry_versions')
    .distinct()
    .pluck('publisher');
  for (const publisher of publishers) {
    const maker = /^token:[^()]* \([^()]*, made by (user:[^()]+)\)$/.exec(
      publisher,
    )?.[1];
    const responsible = publisher.startsWith('user:') ? publisher : maker;
    if (responsible !== undefined) {
      await knex('registry_versions')
        .where({ publisher })
        .update({ responsible });
    }
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('registry_versions', table => {
    table.dropColumn('responsible');
  });
};
