import { DiscoveryApi, FetchApi } from '@backstage/core-plugin-api';
import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';

/** A client that finds the plugin's backend and adds the caller's credentials. @public */
export function createModelPlatformClient(apis: {
  discovery: DiscoveryApi;
  fetch: FetchApi;
}): ModelPlatformClient {
  return new ModelPlatformClient({
    baseUrl: () => apis.discovery.getBaseUrl('model-platform'),
    fetch: apis.fetch.fetch,
  });
}
