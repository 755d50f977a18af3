import { FacetValue, HistoryEntry, Model, Page } from '../types';
import { enc } from './enc';
import { PageQuery, PlatformCalls, RequestOptions } from './PlatformCalls';
import { Filters, toFilter } from './toFilter';

/** @public */
export interface HistoryQuery extends PageQuery {
  /** Entity ref of a user, or `token:<name>`. */
  actor?: string;
  /** One of them, e.g. `published`, `alias-moved`. */
  actions?: string[];
  /** ISO 8601; from included, to excluded. */
  from?: string;
  to?: string;
}

/** @public */
export interface ListModelsQuery extends PageQuery {
  /** Words in name, description, tags and metadata. */
  q?: string;
  /**
   * AND between keys, OR within one. Keys: type, theme, owner, system,
   * lifecycle, risk, tag, archived, complete, `metadata.<path>`. As a list:
   * each in the API's own grammar, e.g. `metadata.data.period exists`.
   */
  filter?: Filters;
  facets?: string[];
  /** `name`, `updatedAt`, `createdAt`, with `-` in front descending; `relevance`. */
  sort?: string;
}

/** @public */
export interface ModelsPage extends Page<Model> {
  facets?: Record<string, FacetValue[]>;
}

/** @public */
export type ModelUpdate = Partial<
  Pick<
    Model,
    'description' | 'lifecycle' | 'visibility' | 'sharedWith' | 'tags' | 'owner'
  >
> & {
  /** `false` restores an archived model. */
  archived?: false;
  reason?: string;
};

/** Models: found, read, changed, and what became of them. @public */
export class ModelCalls extends PlatformCalls {
  async listModels(
    query: ListModelsQuery = {},
    options?: RequestOptions,
  ): Promise<ModelsPage> {
    const { filter = {}, facets, ...rest } = query;
    return await this.json('models', {
      ...options,
      query: {
        ...rest,
        facets: facets?.join(','),
        filter: toFilter(filter),
      },
    });
  }

  async getModel(name: string, options?: RequestOptions): Promise<Model> {
    return await this.json(`models/${enc(name)}`, options);
  }

  async updateModel(
    name: string,
    update: ModelUpdate,
    options?: RequestOptions & { ifMatch?: string },
  ): Promise<Model> {
    return await this.json(`models/${enc(name)}`, {
      ...options,
      method: 'PATCH',
      body: update,
      headers: { 'if-match': options?.ifMatch },
    });
  }

  async archiveModel(
    name: string,
    options?: RequestOptions & { ifMatch?: string; reason?: string },
  ): Promise<Model> {
    return await this.json(`models/${enc(name)}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
      headers: { 'if-match': options?.ifMatch },
    });
  }

  /** For good, with all versions; only what is archived and not in use. */
  async deleteModel(
    name: string,
    options?: RequestOptions & { ifMatch?: string; reason?: string },
  ): Promise<void> {
    await this.json(`models/${enc(name)}`, {
      ...options,
      method: 'DELETE',
      query: { permanently: true, reason: options?.reason },
      headers: { 'if-match': options?.ifMatch },
    });
  }

  async restoreModel(name: string, options?: RequestOptions): Promise<Model> {
    return await this.updateModel(name, { archived: false }, options);
  }

  /** Newest first; by its id also of a model that was deleted. */
  async getHistory(
    name: string,
    query: HistoryQuery = {},
    options?: RequestOptions,
  ): Promise<Page<HistoryEntry>> {
    const { actions, ...rest } = query;
    return await this.json(`models/${enc(name)}/history`, {
      ...options,
      query: { ...rest, action: actions?.join(',') },
    });
  }
}
