import { Knex } from 'knex';
import { INSERT_CHUNK } from '../insertChunk';
import { BeginningRank, SearchIndex } from './SearchIndex';
import { SearchText } from './searchTextOf';
import { Sought } from './Sought';

const columns: Record<BeginningRank, string> = {
  title: '{title parts} : ',
  anywhere: '',
};

/**
 * FTS5. Its tokenizer `ascii` takes all that is not ASCII for parts of words,
 * so words that are given with spaces between them stay what they are.
 */
export class SqliteSearchIndex implements SearchIndex {
  constructor(private readonly knex: Knex) {}

  async write(
    tx: Knex.Transaction,
    texts: Map<string, SearchText>,
  ): Promise<void> {
    const all = [...texts];
    for (let start = 0; start < all.length; start += INSERT_CHUNK) {
      const chunk = all.slice(start, start + INSERT_CHUNK);
      const rows: Array<{ id: number; model_id: string }> = await tx(
        'registry_words',
      )
        .insert(chunk.map(([modelId]) => ({ model_id: modelId })))
        .onConflict('model_id')
        .merge()
        .returning(['id', 'model_id']);
      const ids = new Map(rows.map(({ id, model_id }) => [model_id, id]));
      await tx('registry_words_index')
        .whereIn('rowid', [...ids.values()])
        .delete();
      await tx('registry_words_index').insert(
        chunk.map(([modelId, { title, parts, text }]) => ({
          rowid: ids.get(modelId),
          title: title.join(' '),
          parts: parts.join(' '),
          text: text.join(' '),
        })),
      );
    }
  }

  async remove(tx: Knex.Transaction, modelId: string): Promise<void> {
    const rows = tx('registry_words').where({ model_id: modelId });
    await tx('registry_words_index')
      .whereIn('rowid', rows.clone().select('id'))
      .delete();
    await rows.delete();
  }

  seek(words: string[], rank: BeginningRank): Sought {
    const terms = words.map(word => `"${word.replace(/"/g, '""')}"*`);
    const found = this.knex('registry_words_index').whereRaw(
      'registry_words_index match ?',
      [`${columns[rank]}(${terms.join(' AND ')})`],
    );
    return {
      // Joined in this order, as many are found as are read.
      all: found
        .clone()
        .joinRaw(
          'cross join registry_words on registry_words.id = registry_words_index.rowid',
        )
        .select('registry_words.model_id'),
      // The index answers for all models at once; asked of each, as it would be without the sign, it does so each time.
      one: this.knex('registry_words')
        .select('model_id')
        .whereRaw('model_id = registry_models.id')
        .whereRaw('+id in (?)', [found.select('rowid')]),
    };
  }
}
