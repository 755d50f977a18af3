import { Knex } from 'knex';
import { INSERT_CHUNK } from '../insertChunk';
import { BeginningRank, SearchIndex } from './SearchIndex';
import { SearchText } from './searchTextOf';
import { Sought } from './Sought';

/**
 * `tsvector` with GIN. Vectors and queries are written out lexeme by lexeme,
 * so no parser or dictionary of PostgreSQL has a say in what a word is.
 */
export class PostgresSearchIndex implements SearchIndex {
  constructor(private readonly knex: Knex) {}

  async write(
    tx: Knex.Transaction,
    texts: Map<string, SearchText>,
  ): Promise<void> {
    const vector = (...words: string[][]) =>
      tx.raw('?::tsvector', [words.flat().map(lexeme).join(' ')]);
    const all = [...texts];
    for (let start = 0; start < all.length; start += INSERT_CHUNK) {
      await tx('registry_words')
        .insert(
          all
            .slice(start, start + INSERT_CHUNK)
            .map(([modelId, { title, parts, text }]) => ({
              model_id: modelId,
              title: vector(title, parts),
              anywhere: vector(title, parts, text),
            })),
        )
        .onConflict('model_id')
        .merge();
    }
  }

  async remove(tx: Knex.Transaction, modelId: string): Promise<void> {
    await tx('registry_words').where({ model_id: modelId }).delete();
  }

  seek(words: string[], rank: BeginningRank): Sought {
    const terms = words.map(word => `${lexeme(word)}:*`);
    const all = this.knex('registry_words')
      .select('model_id')
      .whereRaw('?? @@ ?::tsquery', [rank, terms.join(' & ')]);
    return {
      all,
      one: all.clone().whereRaw('model_id = registry_models.id'),
    };
  }
}

function lexeme(word: string): string {
  return `'${word.replace(/['\\]/g, '$&$&')}'`;
}
