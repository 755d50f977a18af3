import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { isModelEntity } from '@model-platform/plugin-model-platform-common';
import { isEndpointEntity } from '../shared/isEndpointEntity';

export const entityExtensions = [
  EntityCardBlueprint.make({
    name: 'purpose',
    params: {
      type: 'content',
      filter: isModelEntity,
      loader: async () => {
        const { ModelPurposeCard } = await import('../overview');
        return <ModelPurposeCard />;
      },
    },
  }),
  EntityCardBlueprint.make({
    name: 'service',
    params: {
      type: 'content',
      filter: isModelEntity,
      loader: async () => {
        const { ModelServiceCard } = await import('../overview');
        return <ModelServiceCard />;
      },
    },
  }),
  EntityCardBlueprint.make({
    name: 'use-it',
    params: {
      type: 'content',
      filter: isEndpointEntity,
      loader: async () => {
        const { EndpointUseCard } = await import('../useIt');
        return <EndpointUseCard />;
      },
    },
  }),
  EntityCardBlueprint.make({
    name: 'declaration',
    params: {
      type: 'content',
      filter: { kind: 'modeldeployment' },
      loader: async () => {
        const { ModelDeploymentCard } = await import('../deployments');
        return <ModelDeploymentCard />;
      },
    },
  }),
  EntityContentBlueprint.make({
    name: 'versions',
    params: {
      path: '/versions',
      title: 'Versions',
      filter: isModelEntity,
      loader: async () => {
        const { ModelVersionsContent } = await import('../versions');
        return <ModelVersionsContent />;
      },
    },
  }),
  EntityContentBlueprint.make({
    name: 'deployments',
    params: {
      path: '/deployments',
      title: 'Deployments',
      filter: isModelEntity,
      loader: async () => {
        const { ModelDeploymentsContent } = await import('../deployments');
        return <ModelDeploymentsContent />;
      },
    },
  }),
  EntityContentBlueprint.make({
    name: 'use-it',
    params: {
      path: '/use',
      title: 'Use it',
      filter: isModelEntity,
      loader: async () => {
        const { ModelUseContent } = await import('../useIt');
        return <ModelUseContent />;
      },
    },
  }),
  EntityContentBlueprint.make({
    name: 'metrics',
    params: {
      path: '/metrics',
      title: 'Metrics',
      filter: isModelEntity,
      loader: async () => {
        const { ModelMetricsContent } = await import('../metrics');
        return <ModelMetricsContent />;
      },
    },
  }),
  EntityContentBlueprint.make({
    name: 'logs',
    params: {
      path: '/logs',
      title: 'Logs',
      filter: isModelEntity,
      loader: async () => {
        const { ModelLogsContent } = await import('../logs');
        return <ModelLogsContent />;
      },
    },
  }),
  EntityContentBlueprint.make({
    name: 'governance',
    params: {
      path: '/governance',
      title: 'Governance',
      filter: isModelEntity,
      loader: async () => {
        const { ModelGovernanceContent } = await import('../governance');
        return <ModelGovernanceContent />;
      },
    },
  }),
];
