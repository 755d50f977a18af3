import { UrlState } from '../shared/useUrlState';

/** What one can narrow the models by, in the order they stand on the page. */
export const MODEL_FACETS = [
  { key: 'type', title: 'Type' },
  { key: 'theme', title: 'Theme' },
  { key: 'system', title: 'System' },
  { key: 'owner', title: 'Owner' },
  { key: 'risk', title: 'Risk' },
  { key: 'lifecycle', title: 'Lifecycle' },
] as const;

export type ModelFacetKey = (typeof MODEL_FACETS)[number]['key'];

export type ModelFilters = Partial<Record<ModelFacetKey, string[]>>;

export const SORTS = [
  { id: 'name', label: 'Name' },
  { id: '-updatedAt', label: 'Last changed' },
  { id: '-createdAt', label: 'Newest' },
  { id: 'relevance', label: 'Best match' },
];

/** The filters in the page's address; only those that are set. */
export function readFilters(url: UrlState): ModelFilters {
  const filters: ModelFilters = {};
  for (const { key } of MODEL_FACETS) {
    const values = url.getAll(key);
    if (values.length > 0) filters[key] = values;
  }
  return filters;
}

/** Values that take every filter out of the address. */
export function withoutFilters(): Record<string, undefined> {
  return Object.fromEntries(
    ['q', ...MODEL_FACETS.map(({ key }) => key)].map(key => [key, undefined]),
  );
}
