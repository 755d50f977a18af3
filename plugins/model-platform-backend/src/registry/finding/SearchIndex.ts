import { Knex } from 'knex';
import { SearchText } from './searchTextOf';
import { Sought } from './Sought';

/**
 * Where the words must be: each as a whole word of the title; each at the
 * beginning of a word of the title, or of a part of one; each at the beginning
 * of a word anywhere. Whatever meets one meets those after it.
 */
export const SEARCH_RANKS = ['whole', 'title', 'anywhere'] as const;

export type SearchRank = (typeof SEARCH_RANKS)[number];

/** Those of beginnings of words; of whole ones there are `TitleWords`. */
export type BeginningRank = Exclude<SearchRank, 'whole'>;

/**
 * Finds models by beginnings of words. Words come from `searchWords`, so what
 * is found is the same whatever the database; all of them must be there.
 */
export interface SearchIndex {
  /** Replaces what is known of models, by their ids. */
  write(tx: Knex.Transaction, texts: Map<string, SearchText>): Promise<void>;
  /** Forgets a model. */
  remove(tx: Knex.Transaction, modelId: string): Promise<void>;
  /** The models that have the words. */
  seek(words: string[], rank: BeginningRank): Sought;
}
