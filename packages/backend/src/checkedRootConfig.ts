import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { ConfigSources } from '@backstage/config-loader';
import { refuseUnsafeConfiguration } from './refuseUnsafeConfiguration';

/** The configuration as Backstage loads it; one that is not safe is refused before anything else begins. */
export const checkedRootConfig = createServiceFactory({
  service: coreServices.rootConfig,
  deps: {},
  async factory() {
    const config = await ConfigSources.toConfig(
      ConfigSources.default({ argv: process.argv }),
    );
    refuseUnsafeConfiguration(config, {
      argv: process.argv,
      environment: process.env,
    });
    return config;
  },
});
