import { MetadataCompliance, MetadataSchemaRef, Page } from '../types';
import { AliasCalls } from './AliasCalls';
import { enc } from './enc';
import { ListModelsQuery } from './ModelCalls';
import { RequestOptions } from './PlatformCalls';
import { toFilter } from './toFilter';

/** Schemas of metadata, and how models stand to them. @public */
export class MetadataCalls extends AliasCalls {
  async getMetadataSchema(
    type: string,
    query: { system?: string } = {},
    options?: RequestOptions,
  ): Promise<{
    type: string;
    version: string;
    digest: string;
    schemas: MetadataSchemaRef[];
    schema: Record<string, unknown>;
  }> {
    return await this.json(`metadata-schemas/${enc(type)}`, {
      ...options,
      query,
    });
  }

  /** Models that fall short of the schemas in force; `filter: { complete: 'true' }` gives the others. */
  async listMetadataCompliance(
    query: Omit<ListModelsQuery, 'facets'> = {},
    options?: RequestOptions,
  ): Promise<
    Page<MetadataCompliance> & {
      totals: { complete: number; incomplete: number };
    }
  > {
    const { filter = {}, ...rest } = query;
    return await this.json('metadata-compliance', {
      ...options,
      query: { ...rest, filter: toFilter(filter) },
    });
  }

  async getMetadataCompliance(
    model: string,
    options?: RequestOptions,
  ): Promise<MetadataCompliance> {
    return await this.json(`models/${enc(model)}/metadata-compliance`, options);
  }
}
