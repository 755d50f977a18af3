import { IndexableDocument } from '@backstage/plugin-search-common';

/** A model in the search index, type `model-platform-model`. @public */
export type ModelDocument = IndexableDocument & {
  slug: string;
  /** What kind of model: `ml`, `prompt`, … */
  modelType: string;
  lifecycle: string;
  /** Entity ref of a group. */
  owner: string;
  /** Name of the system. */
  system: string;
  tags: string[];
  theme?: string;
  risk?: string;
};
