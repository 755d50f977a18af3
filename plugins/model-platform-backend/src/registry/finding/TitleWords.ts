import { Knex } from 'knex';
import { INSERT_CHUNK } from '../insertChunk';
import { Sought } from './Sought';

const TABLE = 'registry_title_words';
/** What `models` is in the order of. */
export const TITLE_ORDER = { name: 'titled.name', id: 'titled.model_id' };

export interface TitledModel {
  id: string;
  name: string;
  /** Of name and tags. */
  words: string[];
}

/**
 * Whole words of names and tags, by name: the first who have them are read
 * from the beginning, however many there are, on each database.
 */
export class TitleWords {
  constructor(private readonly knex: Knex) {}

  /** Replaces what is known of models. */
  static async write(
    tx: Knex.Transaction,
    models: TitledModel[],
  ): Promise<void> {
    await tx(TABLE)
      .whereIn(
        'model_id',
        models.map(({ id }) => id),
      )
      .delete();
    const rows = models.flatMap(({ id, name, words }) =>
      words.map(word => ({ word, name, model_id: id })),
    );
    for (let start = 0; start < rows.length; start += INSERT_CHUNK)
      await tx(TABLE).insert(rows.slice(start, start + INSERT_CHUNK));
  }

  static async remove(tx: Knex.Transaction, modelId: string): Promise<void> {
    await tx(TABLE).where({ model_id: modelId }).delete();
  }

  /** Those that have all the words. */
  seek(words: string[]): Sought {
    const all = this.having(words).select('titled.model_id');
    return {
      all,
      one: all
        .clone()
        .whereRaw('titled.name = registry_models.name')
        .whereRaw('titled.model_id = registry_models.id'),
    };
  }

  /** The same as a query over `registry_models`, in the order of their names. */
  models(words: string[]): Knex.QueryBuilder {
    // Joined in this order, no more models are looked at than a page takes.
    return this.having(words)
      .joinRaw('cross join registry_models')
      .whereRaw('registry_models.id = titled.model_id');
  }

  private having([first, ...others]: string[]): Knex.QueryBuilder {
    const titled = this.knex({ titled: TABLE }).where('titled.word', first);
    for (const word of others)
      titled.whereExists(
        this.knex({ other: TABLE })
          .where('other.word', word)
          .whereRaw('other.name = titled.name')
          .whereRaw('other.model_id = titled.model_id'),
      );
    return titled;
  }
}
