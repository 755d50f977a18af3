import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { storesExtensionPoint } from '@model-platform/plugin-model-platform-node';
import { PrometheusMetricsStore } from './PrometheusMetricsStore';

/** Reads figures from Prometheus instead of collecting them, where the configuration names one. @public */
export const modelPlatformModulePrometheus = createBackendModule({
  pluginId: 'model-platform',
  moduleId: 'prometheus',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        stores: storesExtensionPoint,
      },
      async init({ config, stores }) {
        const store = await PrometheusMetricsStore.fromConfig(config);
        if (store) stores.setMetricsStore(store);
      },
    });
  },
});
