import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { createPinCliAction } from './actions/createPinCliAction';
import { createPublishToGitAction } from './actions/createPublishToGitAction';

/** Adds what templates of model projects need. @public */
export const scaffolderModuleModelPlatform = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'model-platform',
  register(env) {
    env.registerInit({
      deps: {
        scaffolder: scaffolderActionsExtensionPoint,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
      },
      async init({ scaffolder, config, discovery, events }) {
        scaffolder.addActions(
          createPinCliAction({ discovery, config }),
          createPublishToGitAction({ config, events }),
        );
      },
    });
  },
});
