import {
  AliasAt,
  HistoryEntry,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { ModelSubject } from '../access/ModelFilter';

export interface HistoryQuery {
  /** As it is written, or up to the parenthesis: `token:ci` is all tokens of that name. */
  actor?: string;
  /** With what happened to versions that were not complete then. */
  unfinished?: boolean;
  /** One of them. */
  actions?: string[];
  /** ISO 8601, UTC; from included, to excluded. */
  from?: string;
  to?: string;
  limit: number;
  /** Id of the last entry of the page before. */
  before?: string;
}

/** A model that is there no more, as far as its history needs it. */
export interface DeletedModel {
  id: string;
  /** What it was when it was deleted; who could read it may read its history. */
  subject: ModelSubject & Pick<Model, 'type'>;
  deletedAt: string;
}

/** What happened to models; it outlives them. */
export interface HistoryStore {
  /** Newest first. */
  list(modelId: string, query: HistoryQuery): Promise<HistoryEntry[]>;
  /** Aliases that named a version at this time (ISO 8601, UTC), or the one; by name. */
  aliasesAt(modelId: string, at: string, alias?: string): Promise<AliasAt[]>;
  /** By id, else the one of this name or slug that was deleted last. */
  findDeleted(ref: string): Promise<DeletedModel | undefined>;
}
