import { nameOfRef } from '@model-platform/plugin-model-platform-react';
import { UrlState } from '../shared/useUrlState';

/** Something that models can be narrowed by. */
export interface ModelFacet {
  /** As the API names it. */
  key: string;
  title: string;
}

/** What one can always narrow the models by, in the order they stand on the page. */
export const MODEL_FACETS: readonly ModelFacet[] = [
  { key: 'type', title: 'Type' },
  { key: 'theme', title: 'Theme' },
  { key: 'system', title: 'System' },
  { key: 'owner', title: 'Owner' },
  { key: 'risk', title: 'Risk' },
  { key: 'lifecycle', title: 'Lifecycle' },
  { key: 'complete', title: 'Metadata' },
];

/** Where the address keeps the fields that a reader asked for. */
export const FIELD_PARAMETER = 'field';
/** Where it keeps that archived models are looked at, and no others. */
export const ARCHIVED = 'archived';

/** Values that say little by themselves. */
const VALUE_WORDS: Partial<Record<string, Record<string, string>>> = {
  complete: { true: 'complete', false: 'incomplete' },
};

/** A value of a facet as people say it. */
export function facetValueText(key: string, value: string): string {
  return VALUE_WORDS[key]?.[value] ?? nameOfRef(value);
}

/** Values by the key of their facet. */
export type ModelFilters = Record<string, string[]>;

export const SORTS = [
  { id: 'name', label: 'Name' },
  { id: '-updatedAt', label: 'Last changed' },
  { id: '-createdAt', label: 'Newest' },
  { id: 'relevance', label: 'Best match' },
];

/** With words, what they are most about stands first. */
export function defaultSort(q: string): string {
  return q.trim() ? 'relevance' : 'name';
}

/** Facets of the page: those that are always there, and the fields that the reader asked for. */
export function facetsOf(url: UrlState): ModelFacet[] {
  const fields = [...new Set(url.getAll(FIELD_PARAMETER))].filter(isField);
  return [
    ...MODEL_FACETS,
    ...fields.map(key => ({ key, title: titleOf(key) })),
  ];
}

/** `metadata.method` of `method`, as it may be typed. */
export function fieldKeyOf(typed: string): string {
  const path = typed.trim();
  return isField(path) ? path : `metadata.${path}`;
}

/** The filters in the page's address; only those that are set. */
export function readFilters(url: UrlState, facets: ModelFacet[]): ModelFilters {
  const filters: ModelFilters = {};
  for (const { key } of facets) {
    const values = url.getAll(key);
    if (values.length > 0) filters[key] = values;
  }
  return filters;
}

/** Values that take every filter out of the address; fields that are counted stay. */
export function withoutFilters(
  facets: readonly ModelFacet[],
): Record<string, undefined> {
  return Object.fromEntries(
    ['q', ARCHIVED, ...facets.map(({ key }) => key)].map(key => [
      key,
      undefined,
    ]),
  );
}

function isField(key: string): boolean {
  return /^(metadata|evaluation)\.[^,]+$/.test(key);
}

function titleOf(key: string): string {
  return key.replace(/^metadata\./, '');
}
