import { createApiRef } from '@backstage/core-plugin-api';
import { ModelPlatformApi } from './ModelPlatformApi';

/** @public */
export const modelPlatformApiRef = createApiRef<ModelPlatformApi>({
  id: 'plugin.model-platform.api',
});
