import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deploymentDriversExtensionPoint } from '@model-platform/plugin-model-platform-node';

/** Adds the driver `kubernetes` to the model platform, where the configuration names a cluster. @public */
export const modelPlatformModuleKubernetes = createBackendModule({
  pluginId: 'model-platform',
  moduleId: 'kubernetes',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        lifecycle: coreServices.lifecycle,
        drivers: deploymentDriversExtensionPoint,
      },
      async init({ config, logger, lifecycle, drivers }) {
        if (!config.has('modelPlatform.kubernetes')) return;
        // The cluster's client is large: not for portals that have no cluster.
        const { KubernetesDriver } = await import('./KubernetesDriver');
        const driver = KubernetesDriver.fromConfig(config, { logger });
        drivers.addDriver(driver);
        lifecycle.addShutdownHook(() => driver.stop());
      },
    });
  },
});
