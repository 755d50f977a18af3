import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { createPinCliAction } from './actions/createPinCliAction';
import { createProjectSettingsAction } from './actions/createProjectSettingsAction';
import { createPublishToGitAction } from './actions/createPublishToGitAction';
import { createRepositories } from './repositories/createRepositories';

/** Adds what templates of model projects need. @public */
export const scaffolderModuleModelPlatform = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'model-platform',
  register(env) {
    env.registerInit({
      deps: {
        scaffolder: scaffolderActionsExtensionPoint,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init({
        scaffolder,
        auth,
        catalog,
        config,
        discovery,
        events,
        userInfo,
      }) {
        const repositories = createRepositories({ config, catalog, auth });
        scaffolder.addActions(
          createPinCliAction({ discovery, config }),
          createProjectSettingsAction({ config, repositories }),
          createPublishToGitAction({
            auth,
            config,
            events,
            userInfo,
            repositories,
          }),
        );
      },
    });
  },
});
