import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import { toEntityRef } from '@model-platform/plugin-model-platform-common';
import { ModelPlatformPolicy } from './ModelPlatformPolicy';
import { KnownSystems } from './KnownSystems';

/** Puts the platform's example policy in force. @public */
export const permissionModuleModelPlatform = createBackendModule({
  pluginId: 'permission',
  moduleId: 'model-platform',
  register(env) {
    env.registerInit({
      deps: {
        policy: policyExtensionPoint,
        config: coreServices.rootConfig,
        auth: coreServices.auth,
        userInfo: coreServices.userInfo,
        logger: coreServices.logger,
        catalog: catalogServiceRef,
      },
      async init({ policy, config, auth, userInfo, logger, catalog }) {
        const adminGroups = config.getOptionalStringArray(
          'modelPlatform.policy.adminGroups',
        ) ?? ['platform-admins'];
        policy.setPolicy(
          new ModelPlatformPolicy({
            userInfo,
            knownSystems: new KnownSystems({ catalog, auth, logger }),
            adminGroups: adminGroups.map(group => toEntityRef(group, 'group')),
          }),
        );
      },
    });
  },
});
