import {
  PageBlueprint,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import { modelsRouteRef, rootRouteRef } from '../routes';

export const pageExtensions = [
  PageBlueprint.make({
    params: {
      path: '/model-platform',
      routeRef: rootRouteRef,
      title: 'Models',
    },
  }),
  SubPageBlueprint.make({
    name: 'models',
    params: {
      path: 'models',
      title: 'Models',
      routeRef: modelsRouteRef,
      loader: async () => {
        const { ModelsPage } = await import('../models');
        return <ModelsPage />;
      },
    },
  }),
];
