import { InputError } from '@backstage/errors';
import { decodeCursor } from './cursor';
import { ModelQuery } from './ModelStore';

const MAX_LIMIT = 200;
const MAX_WORDS = 20;
const KEYS = [
  'type',
  'theme',
  'owner',
  'system',
  'lifecycle',
  'risk',
  'tag',
  'archived',
  'visibility',
  'complete',
];
const SORTS = ['name', 'updatedAt', 'createdAt'] as const;
const METADATA_PATH = /^metadata(\.[\w-]+){1,8}$/;

/** As the API has it: filters `key=value`, AND between keys, OR within one. */
export interface ModelsQuery {
  q?: string;
  filter?: string[];
  facets?: string[];
  /** `name` (default), `updatedAt`, `createdAt`; with `-` in front descending. */
  sort?: string;
  limit?: number;
  cursor?: string;
}

/** Throws `InputError` that says which keys there are. */
export function parseModelsQuery(
  query: ModelsQuery,
): Omit<ModelQuery, 'visible'> & { facets: string[] } {
  const where = new Map<string, string[]>();
  for (const filter of query.filter ?? []) {
    const at = filter.indexOf('=');
    const key = filter.slice(0, at).trim();
    if (at < 1) {
      throw new InputError(
        `The filter '${filter}' is not of the form key=value`,
      );
    }
    checkKey(key, 'filter');
    where.set(key, [...(where.get(key) ?? []), filter.slice(at + 1).trim()]);
  }
  // Archived models are shown only to those who ask for them.
  if (!where.has('archived')) {
    where.set('archived', ['false']);
  }
  const facets = (query.facets ?? []).map(one => one.trim()).filter(Boolean);
  for (const facet of facets) checkKey(facet, 'facets');
  const words = (query.q ?? '')
    .toLocaleLowerCase('en-US')
    .split(/\s+/)
    .filter(Boolean);
  const sort = query.sort ?? 'name';
  const by = SORTS.find(one => one === sort.replace(/^-/, ''));
  if (!by) {
    throw new InputError(
      `Cannot sort by '${sort}'; there are: ${SORTS.join(
        ', ',
      )}, each also with - in front`,
    );
  }
  const limit = query.limit ?? 50;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InputError(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  return {
    where,
    words: words.slice(0, MAX_WORDS),
    facets,
    sort: { by, descending: sort.startsWith('-') },
    limit,
    after: query.cursor === undefined ? undefined : decodeCursor(query.cursor),
  };
}

function checkKey(key: string, parameter: string) {
  if (!KEYS.includes(key) && !METADATA_PATH.test(key)) {
    throw new InputError(
      `'${key}' is nothing that ${parameter} knows; there are: ${KEYS.join(
        ', ',
      )}, metadata.<path>`,
    );
  }
}
