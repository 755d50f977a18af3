import { Endpoint, Model } from '@model-platform/plugin-model-platform-common';

/** What the catalog reads of the platform. */
export interface RegistryReader {
  /** All models that are not archived. */
  models(): AsyncIterable<Model>;
  endpoints(): AsyncIterable<Endpoint>;
  /** The endpoint's OpenAPI document; undefined where it has none yet. */
  openApi(endpoint: string): Promise<Record<string, unknown> | undefined>;
}
