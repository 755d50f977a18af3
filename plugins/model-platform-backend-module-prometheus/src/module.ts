import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { storesExtensionPoint } from '@model-platform/plugin-model-platform-node';
import { PrometheusMetricsStore } from './PrometheusMetricsStore';
import { readPrometheusServers } from './readPrometheusServers';

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
        const servers = await readPrometheusServers(config);
        if (servers.length > 0) {
          stores.setMetricsStore(new PrometheusMetricsStore(servers));
        }
      },
    });
  },
});
