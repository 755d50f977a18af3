import { ReactElement } from 'react';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import {
  catalogApiRef,
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { ModelEntity } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { useLocation } from 'react-router-dom';
import { FakePlatform } from './FakePlatform';

const modelEntity: ModelEntity = {
  apiVersion: 'model-platform.io/v1alpha1',
  kind: 'Model',
  metadata: { name: 'iris', namespace: 'default', title: 'iris' },
  spec: {
    type: 'ml',
    lifecycle: 'production',
    owner: 'group:default/botany-ml',
    system: 'system:default/plant-catalogue',
    visibility: 'system',
    slug: 'iris',
  },
};

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{`${pathname}${search}`}</output>;
}

/**
 * Renders a page, or an entity's content, with the real client over a
 * platform that is seen through `fetch`. The test id `address` has the address.
 */
export async function renderOnPlatform(
  element: ReactElement,
  platform: FakePlatform,
  address = '/',
) {
  return await renderInTestApp(
    <EntityProvider entity={modelEntity}>
      {element}
      <Address />
    </EntityProvider>,
    {
      apis: [
        [modelPlatformApiRef, platform.client],
        mockApis.identity({
          userEntityRef: 'user:default/mira',
          ownershipEntityRefs: ['user:default/mira', 'group:default/botany-ml'],
        }),
        [
          catalogApiRef,
          catalogApiMock({
            entities: [
              {
                apiVersion: 'backstage.io/v1alpha1',
                kind: 'System',
                metadata: { name: 'plant-catalogue' },
                spec: { owner: 'group:default/greenhouse' },
              },
              {
                apiVersion: 'model-platform.io/v1alpha1',
                kind: 'ModelDeployment',
                metadata: {
                  name: 'iris',
                  annotations: {
                    'backstage.io/managed-by-location':
                      'url:https://github.com/acme/iris/tree/main/d.yaml',
                    'backstage.io/edit-url':
                      'https://github.com/acme/iris/edit/main/d.yaml',
                  },
                },
              },
            ],
          }),
        ],
      ],
      mountedRoutes: { '/catalog/:namespace/:kind/:name': entityRouteRef },
      initialRouteEntries: [address],
      config: {
        app: { baseUrl: 'http://portal.test' },
        backend: { baseUrl: 'http://portal.test' },
      },
    },
  );
}
