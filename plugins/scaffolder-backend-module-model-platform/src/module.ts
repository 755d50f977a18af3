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
        auth: coreServices.auth,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init({ scaffolder, auth, config, discovery, events, userInfo }) {
        scaffolder.addActions(
          createPinCliAction({ discovery, config }),
          createPublishToGitAction({ auth, config, events, userInfo }),
        );
      },
    });
  },
});
