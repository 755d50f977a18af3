import { Knex } from 'knex';
import { ModelRow } from '../modelRows';
import { lockModel } from '../modelWrites';
import { indexModel } from './indexModel';

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
    await knex.transaction(async tx => {
      for (const { id } of stale) {
        await lockModel(tx, id);
        await indexModel(tx, id);
      }
    });
    indexed += stale.length;
  }
}
