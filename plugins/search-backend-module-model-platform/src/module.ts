import {
  coreServices,
  createBackendModule,
  readSchedulerServiceTaskScheduleDefinitionFromConfig,
  SchedulerServiceTaskScheduleDefinition,
} from '@backstage/backend-plugin-api';
import { searchIndexRegistryExtensionPoint } from '@backstage/plugin-search-backend-node/alpha';
import { ModelCollatorFactory } from './ModelCollatorFactory';

const defaultSchedule: SchedulerServiceTaskScheduleDefinition = {
  frequency: { seconds: 30 },
  timeout: { minutes: 5 },
  initialDelay: { seconds: 2 },
  // The embedded search engine keeps its index in the process.
  scope: 'local',
};

/** Makes models findable. @public */
export const searchModuleModelPlatform = createBackendModule({
  pluginId: 'search',
  moduleId: 'model-platform',
  register(env) {
    env.registerInit({
      deps: {
        index: searchIndexRegistryExtensionPoint,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        auth: coreServices.auth,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
      },
      async init({ index, config, discovery, auth, logger, scheduler }) {
        const schedule = config.getOptionalConfig(
          'modelPlatform.search.schedule',
        );
        index.addCollator({
          schedule: scheduler.createScheduledTaskRunner(
            schedule
              ? readSchedulerServiceTaskScheduleDefinitionFromConfig(schedule)
              : defaultSchedule,
          ),
          factory: new ModelCollatorFactory({ discovery, auth, logger }),
        });
      },
    });
  },
});
