import { nameOfRef } from '@model-platform/plugin-model-platform-react';
import { UrlState } from '../shared/useUrlState';

/** What one can narrow the models by, in the order they stand on the page. */
export const MODEL_FACETS = [
  { key: 'type', title: 'Type' },
  { key: 'theme', title: 'Theme' },
  { key: 'system', title: 'System' },
  { key: 'owner', title: 'Owner' },
  { key: 'risk', title: 'Risk' },
  { key: 'lifecycle', title: 'Lifecycle' },
  { key: 'complete', title: 'Metadata' },
] as const;

/** Values that say little by themselves. */
const VALUE_WORDS: Partial<Record<string, Record<string, string>>> = {
  complete: { true: 'complete', false: 'incomplete' },
};

/** A value of a facet as people say it. */
export function facetValueText(key: string, value: string): string {
  return VALUE_WORDS[key]?.[value] ?? nameOfRef(value);
}

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
