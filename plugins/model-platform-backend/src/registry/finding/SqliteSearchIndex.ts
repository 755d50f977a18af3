import { Knex } from 'knex';
import { SearchIndex, SearchRank } from './SearchIndex';
import { SearchText } from './searchTextOf';

const columns: Record<SearchRank, string> = {
  whole: '{title} : ',
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
    modelId: string,
    text: SearchText,
  ): Promise<void> {
    const { title, parts, text: other } = text;
    const [{ id }]: Array<{ id: number }> = await tx('registry_words')
      .insert({ model_id: modelId })
      .onConflict('model_id')
      .merge()
      .returning('id');
    await tx('registry_words_index').where({ rowid: id }).delete();
    await tx('registry_words_index').insert({
      rowid: id,
      title: title.join(' '),
      parts: parts.join(' '),
      text: other.join(' '),
    });
  }

  find(words: string[], rank: SearchRank): Knex.QueryBuilder {
    const terms = words.map(
      word => `"${word.replace(/"/g, '""')}"${rank === 'whole' ? '' : '*'}`,
    );
    return this.knex('registry_words')
      .select('model_id')
      .whereIn('id', inner =>
        inner
          .select('rowid')
          .from('registry_words_index')
          .whereRaw('registry_words_index match ?', [
            `${columns[rank]}(${terms.join(' AND ')})`,
          ]),
      );
  }
}
