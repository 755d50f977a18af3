import { Knex } from 'knex';

/**
 * To be called within each transaction that changes what lists of models show,
 * after all else that others might wait for: nobody then waits crosswise.
 */
export async function countChange(
  tx: Knex.Transaction,
  systems: string[],
): Promise<void> {
  if (systems.length === 0) return;
  await tx('registry_revisions')
    .insert(
      [...new Set(systems)].sort().map(system => ({ system, revision: 1 })),
    )
    .onConflict('system')
    .merge({ revision: tx.raw('registry_revisions.revision + 1') });
}

/** Grows with each change that was committed, by whichever process. */
export async function revisionOf(knex: Knex): Promise<string> {
  const row = await knex('registry_revisions')
    .sum({ revision: 'revision' })
    .first<{ revision: number | string | null }>();
  return String(row.revision ?? 0);
}
