import {
  FacetValue,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { ModelFilter } from '../access/ModelFilter';
import { Cursor } from './cursor';
import { FilterExpression } from './finding/FilterExpression';

/** What a publish says of the model itself, checked and normalised. */
export type ModelFields = Pick<
  Model,
  | 'name'
  | 'type'
  | 'owner'
  | 'system'
  | 'description'
  | 'lifecycle'
  | 'visibility'
  | 'sharedWith'
  | 'tags'
>;

/** A model as stored; `published` is false as long as it never had a ready version. */
export interface ModelRecord {
  model: Model;
  published: boolean;
  /** Grows with each change. */
  changes: number;
}

/** Which models. */
export interface ModelMatch {
  /** What the caller may see; part of items, totals and facets alike. */
  visible: ModelFilter;
  /** As `searchWords` makes them; all must occur. */
  words: string[];
  /** AND between keys, OR within one. */
  where: Map<string, string[]>;
  filter?: FilterExpression;
}

export interface ModelQuery extends ModelMatch {
  /** By relevance where there are words; the best come first, whatever the direction. */
  sort: {
    by: 'name' | 'updatedAt' | 'createdAt' | 'relevance';
    descending: boolean;
  };
  limit: number;
  /** `next` of the page before. */
  after?: Cursor;
}

export interface HistoryDraft {
  actor: string;
  /** From where. */
  client?: string;
  action: string;
  reason?: string;
  details?: Record<string, unknown>;
}

export type ModelChange = Partial<
  Pick<
    Model,
    'description' | 'lifecycle' | 'visibility' | 'sharedWith' | 'tags' | 'owner'
  >
> & {
  archived?: boolean;
};

/** A version that became ready, as overviews show it. */
export interface PublishedVersion {
  modelId: string;
  slug: string;
  name: string;
  number: number;
  at: string;
  publisher: string;
}

/** Facts of publishing within a period. */
export interface PublishingQuery {
  visible: ModelFilter;
  /** Of `system`, `owner`, `theme`; as in `ModelQuery.where`. */
  where: Map<string, string[]>;
  /** ISO 8601; from included, to excluded. */
  from: string;
  to: string;
}

/** What the registry keeps, in its own terms. Models without a ready version are in no list. */
export interface ModelStore {
  findById(id: string): Promise<ModelRecord | undefined>;
  /** By name or slug. */
  find(nameOrSlug: string): Promise<ModelRecord | undefined>;
  findMany(ids: string[]): Promise<Map<string, ModelRecord>>;
  /** Other than before as soon as a change of what lists show is stored, by whichever process. */
  revision(): Promise<string>;
  /** Totals and facets of more than a thousand models may be some seconds old. */
  list(
    query: ModelQuery,
  ): Promise<{ items: Model[]; totalItems: number; next?: Cursor }>;
  facets(
    query: ModelMatch,
    keys: string[],
  ): Promise<Record<string, FacetValue[]>>;
  /** Adds to a query the condition that the model in this column is visible. */
  scope(
    visible: ModelFilter,
  ): (query: Knex.QueryBuilder, modelIdColumn: string) => void;

  /** Rejects with `ConflictError` where the model is not at this number of changes any more. */
  update(
    record: ModelRecord,
    change: ModelChange,
    ...history: HistoryDraft[]
  ): Promise<void>;
  /**
   * Sets or, without a version, removes; false where it points elsewhere than
   * expected. `ConflictError` where it would name what is not there. `bare`: a
   * version that MLflow alone has, which the registry's readers do not see.
   */
  moveAlias(
    modelId: string,
    alias: string,
    target: number | { bare: number } | undefined,
    expected: { version?: number } | undefined,
    history: HistoryDraft,
  ): Promise<{ moved: boolean; from?: number }>;
  /**
   * The name is free, its number goes on, nothing of the model is to be seen
   * any more but its history; its versions expire at once.
   */
  deleteModel(record: ModelRecord, history: HistoryDraft): Promise<void>;

  countPublished(
    query: PublishingQuery,
  ): Promise<{ models: number; versions: number }>;
  lastPublished(
    query: Omit<PublishingQuery, 'from' | 'to'>,
    limit: number,
  ): Promise<PublishedVersion[]>;
}
