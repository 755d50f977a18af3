import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deploymentDriversExtensionPoint } from '@model-platform/plugin-model-platform-node';
import { LocalDriver } from './LocalDriver';

/** Adds the driver `local` to the model platform. @public */
export const modelPlatformModuleLocal = createBackendModule({
  pluginId: 'model-platform',
  moduleId: 'local',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        drivers: deploymentDriversExtensionPoint,
      },
      async init({ config, logger, drivers }) {
        drivers.addDriver(LocalDriver.fromConfig(config, { logger }));
      },
    });
  },
});
