import { OAuth2 } from '@backstage/core-app-api';
import {
  ApiBlueprint,
  configApiRef,
  createFrontendModule,
  discoveryApiRef,
  oauthRequestApiRef,
} from '@backstage/frontend-plugin-api';
import { SignInPageBlueprint } from '@backstage/plugin-app-react';
import { RiKeyLine } from '@remixicon/react';
import { oidcAuthApiRef } from './oidcAuthApiRef';

/**
 * Sign-in: as a sample person where the configuration names some, which the
 * backend allows on loopback only, else with OpenID Connect.
 */
export const signInModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    ApiBlueprint.make({
      name: 'oidc-auth',
      params: defineParams =>
        defineParams({
          api: oidcAuthApiRef,
          deps: {
            configApi: configApiRef,
            discoveryApi: discoveryApiRef,
            oauthRequestApi: oauthRequestApiRef,
          },
          factory: ({ configApi, discoveryApi, oauthRequestApi }) =>
            OAuth2.create({
              configApi,
              discoveryApi,
              oauthRequestApi,
              provider: {
                id: 'oidc',
                title: 'OpenID Connect',
                icon: () => <RiKeyLine />,
              },
              environment: configApi.getOptionalString('auth.environment'),
              defaultScopes: ['openid', 'profile', 'email'],
            }),
        }),
    }),
    SignInPageBlueprint.make({
      params: {
        loader: async () =>
          (await import('./PortalSignInPage')).PortalSignInPage,
      },
    }),
  ],
});
