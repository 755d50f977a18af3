import { Knex } from 'knex';
import { ModelRow } from '../modelRows';
import { lockModel } from '../modelWrites';
import { indexModels } from './indexModels';

const BATCH = 200;

/**
 * Indexes models that were stored before there was an index, or by an older
 * version of the platform since. @returns how many
 */
export async function indexStaleModels(knex: Knex): Promise<number> {
  let indexed = 0;
  for (;;) {
    const stale: Array<Pick<ModelRow, 'id'>> = await knex<ModelRow>(
      'registry_models',
    )
      .whereNotNull('published_at')
      .andWhere(part =>
        part
          .whereNull('indexed_changes')
          .orWhere('indexed_changes', '<>', knex.ref('changes')),
      )
      .orderBy('id')
      .limit(BATCH)
      .select('id');
    if (stale.length === 0) return indexed;
    const ids = stale.map(({ id }) => id);
    await knex.transaction(async tx => {
      for (const id of ids) await lockModel(tx, id);
      await indexModels(tx, ids);
    });
    indexed += stale.length;
  }
}
