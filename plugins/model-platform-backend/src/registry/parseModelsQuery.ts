import { InputError } from '@backstage/errors';
import { decodeCursor } from './cursor';
import { FilterExpression, mentions } from './finding/FilterExpression';
import {
  FACET_KEYS_TEXT,
  isDateKey,
  isFacetKey,
  isFilterKey,
} from './finding/filterKeys';
import { parseFilter } from './finding/parseFilter';
import { plainFilter } from './finding/plainFilter';
import { searchWords } from './finding/searchWords';
import { ModelQuery } from './ModelStore';

const MAX_LIMIT = 200;
const MAX_WORDS = 20;
const MAX_FILTERS = 100;
const MAX_FACETS = 50;
const SORTS = ['name', 'updatedAt', 'createdAt', 'relevance'] as const;

/** As the API has it. */
export interface ModelsQuery {
  q?: string;
  /** Each `key=value`, AND between keys, OR within one; or an expression, all of which must hold. */
  filter?: string[];
  facets?: string[];
  /** `name` (default), `updatedAt`, `createdAt`, with `-` in front descending; `relevance`. */
  sort?: string;
  limit?: number;
  cursor?: string;
}

/** Throws `InputError` that says what there is, and where a filter went wrong. */
export function parseModelsQuery(
  query: ModelsQuery,
): Omit<ModelQuery, 'visible'> & { facets: string[] } {
  const { where, filter } = parseFilters(query.filter ?? []);
  // Archived models are shown only to those who ask for them.
  if (!where.has('archived') && !(filter && mentions(filter, 'archived'))) {
    where.set('archived', ['false']);
  }
  const facets = [
    ...new Set((query.facets ?? []).map(one => one.trim()).filter(Boolean)),
  ];
  for (const facet of facets) {
    if (!isFacetKey(facet))
      throw new InputError(
        `'${facet}' is nothing that facets knows; there are: ${FACET_KEYS_TEXT}`,
      );
  }
  if (facets.length > MAX_FACETS)
    throw new InputError(`At most ${MAX_FACETS} facets at once`);
  const sort = query.sort ?? 'name';
  const by = SORTS.find(one => one === sort.replace(/^-/, ''));
  if (!by || sort === '-relevance') {
    throw new InputError(
      `Cannot sort by '${sort}'; there are: name, updatedAt, createdAt, each also with - in front, and relevance`,
    );
  }
  const limit = query.limit ?? 50;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InputError(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  return {
    where,
    filter,
    words: wordsOf(query.q ?? ''),
    facets,
    sort: { by, descending: sort.startsWith('-') },
    limit,
    after: query.cursor === undefined ? undefined : decodeCursor(query.cursor),
  };
}

function wordsOf(text: string): string[] {
  const words = searchWords(text).slice(0, MAX_WORDS);
  // Signs alone are in no index, so they find nothing rather than everything.
  return words.length === 0 && text.trim() ? ['-'] : words;
}

function parseFilters(filters: string[]): {
  where: Map<string, string[]>;
  filter?: FilterExpression;
} {
  if (filters.length > MAX_FILTERS)
    throw new InputError(`At most ${MAX_FILTERS} filters at once`);
  const where = new Map<string, string[]>();
  const parts: FilterExpression[] = [];
  for (const text of filters) {
    const plain = plainFilter(text);
    if (plain && isFilterKey(plain.key.split('.')) && !isDateKey(plain.key)) {
      const { key, value } = plain;
      where.set(key, [...(where.get(key) ?? []), value]);
    } else {
      parts.push(parseFilter(text));
    }
  }
  const filter: FilterExpression | undefined =
    parts.length > 1 ? { type: 'and', parts } : parts[0];
  return { where, filter };
}
