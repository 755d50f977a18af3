import {
  coreServices,
  createBackendModule,
  SchedulerServiceTaskScheduleDefinition,
} from '@backstage/backend-plugin-api';
import { CatalogModelSources } from '@backstage/catalog-model/alpha';
import { Config, readDurationFromConfig } from '@backstage/config';
import {
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { catalogModelExtensionPoint } from '@backstage/plugin-catalog-node/alpha';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { modelPlatformCatalogLayer } from '@model-platform/plugin-model-platform-common';
import { isReadableModelRule } from './access/isReadableModelRule';
import { WithheldRelationsProcessor } from './access/WithheldRelationsProcessor';
import { GitRepositoriesProvider } from './git/GitRepositoriesProvider';
import { HostedRepositoryProcessor } from './git/HostedRepositoryProcessor';
import { CatalogReader } from './models/CatalogReader';
import { HttpRegistryReader } from './models/HttpRegistryReader';
import { ModelEntityProvider } from './models/ModelEntityProvider';
import { useWriteAheadLog } from './useWriteAheadLog';

/** Brings models into the catalog. @public */
export const catalogModuleModelPlatform = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'model-platform',
  register(env) {
    env.registerInit({
      deps: {
        catalog: catalogProcessingExtensionPoint,
        catalogService: catalogServiceRef,
        model: catalogModelExtensionPoint,
        permissionsRegistry: coreServices.permissionsRegistry,
        config: coreServices.rootConfig,
        database: coreServices.database,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
        discovery: coreServices.discovery,
        auth: coreServices.auth,
        lifecycle: coreServices.lifecycle,
        events: eventsServiceRef,
      },
      async init({
        catalog,
        catalogService,
        model,
        permissionsRegistry,
        config,
        database,
        logger,
        scheduler,
        discovery,
        auth,
        lifecycle,
        events,
      }) {
        await useWriteAheadLog(database);
        model.addModelSource(
          CatalogModelSources.static([modelPlatformCatalogLayer]),
        );
        permissionsRegistry.addPermissionRules([isReadableModelRule]);
        catalog.addProcessor(WithheldRelationsProcessor.around());

        const hosted = HostedRepositoryProcessor.fromConfig(config);
        if (hosted) catalog.addProcessor(hosted);

        const models = new ModelEntityProvider({
          reader: new HttpRegistryReader(discovery, auth),
          catalog: new CatalogReader({ catalog: catalogService, auth }),
          taskRunner: scheduler.createScheduledTaskRunner({
            frequency: readFrequency(
              config,
              'modelPlatform.catalog.frequency',
              { seconds: 60 },
            ),
            timeout: { minutes: 10 },
            initialDelay: { seconds: 30 },
          }),
          events,
          logger,
        });
        catalog.addEntityProvider(models);
        lifecycle.addShutdownHook(() => models.stop());

        const directory = config.getOptionalString(
          'modelPlatform.git.directory',
        );
        if (directory) {
          const repositories = new GitRepositoriesProvider({
            directory,
            taskRunner: scheduler.createScheduledTaskRunner({
              frequency: readFrequency(config, 'modelPlatform.git.frequency', {
                seconds: 5,
              }),
              timeout: { minutes: 5 },
              // The folder is this machine's; every replica looks at its own.
              scope: 'local',
            }),
            events,
            logger,
          });
          catalog.addEntityProvider(repositories);
          lifecycle.addShutdownHook(() => repositories.stop());
        }
      },
    });
  },
});

function readFrequency(
  config: Config,
  key: string,
  otherwise: { seconds: number },
): SchedulerServiceTaskScheduleDefinition['frequency'] {
  return config.has(key) ? readDurationFromConfig(config, { key }) : otherwise;
}
