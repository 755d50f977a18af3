import {
  coreServices,
  createServiceFactory,
  createServiceRef,
} from '@backstage/backend-plugin-api';
import { findUnsafeSettings } from './findUnsafeSettings';

const configurationCheckRef = createServiceRef<void>({
  id: 'model-platform.configuration-check',
  scope: 'root',
});

/** Ends the start before anything listens, where the configuration is not safe to be reached by others. */
export const refuseUnsafeConfiguration = createServiceFactory({
  service: configurationCheckRef,
  initialization: 'always',
  deps: { config: coreServices.rootConfig },
  async factory({ config }) {
    const found = findUnsafeSettings(config);
    if (found.length > 0) {
      throw new Error(
        [
          'This configuration is not safe to be reached by others:',
          ...found,
        ].join('\n  - '),
      );
    }
  },
});
