import { mockServices } from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { Model } from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from '../access/DeploymentActor';
import { Deployments } from '../Deployments';
import { DeploymentStore } from '../store/DeploymentStore';
import { SourceRecord } from './SourceStore';
import { GitDeployments } from './GitDeployments';
import { LeaderLease } from '../lease/LeaderLease';

const model = {
  name: 'iris',
  owner: 'group:default/botany-ml',
  system: 'plant-catalogue',
} as Model;

function declaration(name: string, owner?: string): Entity {
  const location = `model-platform-git:${name}@main/model-deployment.yaml`;
  return {
    apiVersion: 'model-platform.io/v1alpha1',
    kind: 'ModelDeployment',
    metadata: {
      name,
      annotations: { 'backstage.io/managed-by-location': location },
    },
    spec: { owner, system: 'plant-catalogue', model: 'iris' },
  };
}

describe('GitDeployments', () => {
  it('applies what the owner of the model declares, and nothing of others', async () => {
    const saved: SourceRecord[] = [];
    const store: DeploymentStore = {
      asLeader: () => store,
      sources: {
        list: async () => [],
        save: async (source: SourceRecord) => void saved.push(source),
      },
    } as unknown as Partial<DeploymentStore> as DeploymentStore;
    const git = GitDeployments.fromConfig(
      mockServices.rootConfig({
        data: {
          modelPlatform: {
            deploymentSources: [
              {
                urlPrefix: 'model-platform-git:',
                systems: ['plant-catalogue'],
                environments: ['local'],
              },
            ],
          },
        },
      }),
      {
        store,
        deployments: {
          apply: async (
            _name: string,
            _spec: unknown,
            actor: DeploymentActor,
          ) => actor.requireDeploy(model, 'local'),
        } as Partial<Record<keyof Deployments, unknown>> as Deployments,
        lease: {} as LeaderLease,
        catalog: catalogServiceMock({
          entities: [
            declaration('own', 'Botany-ML'),
            declaration('foreign', 'group:default/care-analytics'),
            declaration('nobodys'),
          ],
        }),
        auth: mockServices.auth(),
        logger: mockServices.logger.mock(),
      },
    );
    await git.sync(1);
    expect(saved.map(({ name, state }) => [name, state])).toEqual([
      ['own', 'applied'],
      ['foreign', 'refused'],
      ['nobodys', 'refused'],
    ]);
    expect(saved[1].message).toContain('does not name the owner');
  });
});
