// @ts-check

/**
 * What persons put beside a spec, where what serves is not what it asks for,
 * and how far a canary has come. Being off was such an override already.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('deployments', table => {
    table
      .text('overrides')
      .comment('Pause, off, promote, rollback: JSON; none where empty');
    table
      .text('drift')
      .comment(
        'In words, as the reconciler saw it last: JSON; none where empty',
      );
    table.text('canary').comment('JSON; how far the wanted revision has come');
    table
      .text('decision')
      .comment('JSON; what a person decided on the canary of a revision');
  });
  const off = await knex('deployments')
    .where({ off: true })
    .select('id', 'off_reason', 'updated_at', 'updated_by');
  for (const { id, off_reason, updated_at, updated_by } of off) {
    await knex('deployments')
      .where({ id })
      .update({
        overrides: JSON.stringify([
          {
            kind: 'off',
            by:
              /^Off by (\S+?)(?::|$)/.exec(off_reason ?? '')?.[1] ?? updated_by,
            since: updated_at,
            reason: /^Off by \S+?: (.*)$/s.exec(off_reason ?? '')?.[1],
          },
        ]),
      });
  }
  await knex.schema.alterTable('deployments', table => {
    table.dropColumns('off', 'off_reason');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('deployments', table => {
    table.boolean('off').notNullable().defaultTo(false);
    table.text('off_reason');
  });
  const overridden = await knex('deployments')
    .whereNotNull('overrides')
    .select('id', 'overrides');
  for (const { id, overrides } of overridden) {
    const off = JSON.parse(overrides).find(
      (/** @type {{ kind: string }} */ one) => one.kind === 'off',
    );
    if (off) {
      await knex('deployments')
        .where({ id })
        .update({
          off: true,
          off_reason: `Off by ${off.by}${off.reason ? `: ${off.reason}` : ''}`,
        });
    }
  }
  await knex.schema.alterTable('deployments', table => {
    table.dropColumns('overrides', 'drift', 'canary', 'decision');
  });
};
