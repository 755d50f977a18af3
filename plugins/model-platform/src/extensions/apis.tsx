import {
  ApiBlueprint,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/frontend-plugin-api';
import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';

export const apiExtensions = [
  ApiBlueprint.make({
    params: defineParams =>
      defineParams({
        api: modelPlatformApiRef,
        deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
        factory: ({ discoveryApi, fetchApi }) =>
          new ModelPlatformClient({
            baseUrl: () => discoveryApi.getBaseUrl('model-platform'),
            fetch: fetchApi.fetch,
          }),
      }),
  }),
];
