import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createBackendModule,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import { catalogModuleModelPlatform } from '../../plugins/catalog-backend-module-model-platform/src/module';
import { modelPlatformPlugin } from '../../plugins/model-platform-backend/src/plugin';

/**
 * The registry as a server of its own, on a database that is there already:
 * the platform's plugin in a real Backstage backend with the catalog that it
 * asks for owners and systems, and nothing else.
 */
const { port, database, directory, tokens, entities, withModels } = JSON.parse(
  process.env.REGISTRY_SERVER ?? '{}',
);

const backend = createBackend();

backend.add(
  createServiceFactory({
    service: coreServices.rootConfig,
    deps: {},
    factory: () =>
      new ConfigReader({
        app: { baseUrl: `http://127.0.0.1:${port}` },
        backend: {
          baseUrl: `http://127.0.0.1:${port}`,
          listen: { host: '127.0.0.1', port },
          server: { keepAliveTimeout: { seconds: 60 } },
          database,
          auth: {
            externalAccess: [
              {
                type: 'static',
                options: { token: tokens.catalog, subject: 'bench' },
              },
            ],
          },
        },
        events: { useEventBus: 'never' },
        permission: { enabled: true },
        catalog: {
          locations: [{ type: 'file', target: entities }],
          rules: [{ allow: ['Group', 'System'] }],
        },
        modelPlatform: {
          artifacts: { type: 'fs', directory },
          publishers: [
            {
              name: 'all',
              token: tokens.all,
              grants: [{ actions: ['read', 'publish'], systems: ['*'] }],
            },
            {
              name: 'few',
              token: tokens.few,
              grants: [
                {
                  actions: ['read'],
                  systems: ['system-1', 'system-2', 'system-3'],
                },
              ],
            },
          ],
        },
      }),
  }),
);

backend.add(import('@backstage/plugin-permission-backend'));
backend.add(
  createBackendModule({
    pluginId: 'permission',
    moduleId: 'allow-all',
    register(env) {
      env.registerInit({
        deps: { policy: policyExtensionPoint },
        async init({ policy }) {
          policy.setPolicy({
            handle: async () => ({ result: AuthorizeResult.ALLOW }),
          });
        },
      });
    },
  }),
);
backend.add(import('@backstage/plugin-catalog-backend'));
if (withModels) backend.add(catalogModuleModelPlatform);
backend.add(modelPlatformPlugin);

backend.start().catch(error => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
});
