import {
  PageBlueprint,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  approvalsRouteRef,
  deploymentsRouteRef,
  kpisRouteRef,
  modelsRouteRef,
  publishRouteRef,
  rootRouteRef,
  webhooksRouteRef,
} from '../routes';

export const pageExtensions = [
  PageBlueprint.make({
    params: {
      path: '/model-platform',
      routeRef: rootRouteRef,
      title: 'Model platform',
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
  SubPageBlueprint.make({
    name: 'kpis',
    params: {
      path: 'kpis',
      title: 'KPIs',
      routeRef: kpisRouteRef,
      loader: async () => {
        const { KpisPage } = await import('../kpis');
        return <KpisPage />;
      },
    },
  }),
  SubPageBlueprint.make({
    name: 'deployments',
    params: {
      path: 'deployments',
      title: 'Deployments',
      routeRef: deploymentsRouteRef,
      loader: async () => {
        const { DeploymentsPage } = await import('../deployments');
        return <DeploymentsPage />;
      },
    },
  }),
  SubPageBlueprint.make({
    name: 'publish',
    params: {
      path: 'publish',
      title: 'Publish',
      routeRef: publishRouteRef,
      loader: async () => {
        const { PublishPage } = await import('../publish');
        return <PublishPage />;
      },
    },
  }),
  SubPageBlueprint.make({
    name: 'approvals',
    params: {
      path: 'approvals',
      title: 'Approvals',
      routeRef: approvalsRouteRef,
      loader: async () => {
        const { ApprovalsPage } = await import('../approvals');
        return <ApprovalsPage />;
      },
    },
  }),
  SubPageBlueprint.make({
    name: 'webhooks',
    params: {
      path: 'webhooks',
      title: 'Webhooks',
      routeRef: webhooksRouteRef,
      loader: async () => {
        const { WebhooksPage } = await import('../webhooks');
        return <WebhooksPage />;
      },
    },
  }),
];
