import { ConfigReader } from '@backstage/config';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { Environments } from './Environments';

const gates = [{ approval: { by: 'model-risk' } }];

describe('Environments', () => {
  const read = (...environments: object[]) =>
    Environments.fromConfig(
      new ConfigReader({ modelPlatform: { environments } }),
      ['local', 'nomad'].map(
        name => ({ name } as Partial<DeploymentDriver> as DeploymentDriver),
      ),
    );

  it.each<[object[], string]>([
    [
      [{ name: 'staging' }, { name: 'production', gate: gates }],
      'modelPlatform.environments[1] is wrong: Unrecognized key: "gate"',
    ],
    [
      [{ name: 'production', quota: { runner: 1 } }],
      'modelPlatform.environments[0] is wrong: quota Unrecognized key: "runner"',
    ],
    [
      [
        { name: 'production', gates },
        { name: 'staging' },
        { name: 'production' },
      ],
      'modelPlatform.environments[2].name is wrong: modelPlatform.environments[0] is production already',
    ],
  ])('drops no rule silently: %j', (environments, message) => {
    expect(() => read(...environments)).toThrow(message);
  });

  it('leaves to others what is theirs', () => {
    const theirs = {
      kubernetes: { url: 'https://models.example.org' },
      prometheus: { url: 'https://prometheus.example.org' },
      endpointCode: [],
      languageModels: [],
      // Of a driver that somebody else wrote.
      nomad: { region: 'eu' },
    };
    const environments = read({ name: 'production', gates, ...theirs });
    expect(environments.gates('production')).toEqual([
      { approval: { by: 'group:default/model-risk' } },
    ]);
  });
});
