import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  authProvidersExtensionPoint,
  createProxyAuthProviderFactory,
} from '@backstage/plugin-auth-node';
import { createSamplePeopleAuthenticator } from './createSamplePeopleAuthenticator';

const PROVIDER_ID = 'sample-people';

/** Registers the sign-in provider `sample-people`, where the configuration asks for it. */
export const authModuleSamplePeople = createBackendModule({
  pluginId: 'auth',
  moduleId: 'sample-people',
  register(env) {
    env.registerInit({
      deps: {
        providers: authProvidersExtensionPoint,
        config: coreServices.rootConfig,
      },
      async init({ providers, config }) {
        if (!config.has(`auth.providers.${PROVIDER_ID}`)) return;
        providers.registerProvider({
          providerId: PROVIDER_ID,
          factory: createProxyAuthProviderFactory({
            authenticator: createSamplePeopleAuthenticator(config),
            signInResolver: ({ result }, context) =>
              context.signInWithCatalogUser(
                { entityRef: result.entityRef },
                // The catalog may still be reading the sample organisation; groups follow.
                { dangerousEntityRefFallback: { entityRef: result.entityRef } },
              ),
          }),
        });
      },
    });
  },
});
