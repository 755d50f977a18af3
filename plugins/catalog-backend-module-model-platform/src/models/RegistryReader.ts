import { Endpoint, Model } from '@model-platform/plugin-model-platform-common';

/** What the catalog reads of the platform. */
export interface RegistryReader {
  /** All models that are not archived, page by page. */
  models(): AsyncIterable<Model[]>;
  /** Those that changed since then, archived ones too, page by page. */
  changedModels(since: Date): AsyncIterable<Model[]>;
  /** By slug; undefined where there is none any more. */
  model(slug: string): Promise<Model | undefined>;
  endpoints(): AsyncIterable<Endpoint[]>;
  /** The endpoint's OpenAPI document; undefined where it has none yet. */
  openApi(endpoint: string): Promise<Record<string, unknown> | undefined>;
}
