import { ConfigReader } from '@backstage/config';
import { EndpointCodeSettings } from './EndpointCodeSettings';

const read = (endpointCode: object[]) =>
  EndpointCodeSettings.fromConfig(
    new ConfigReader({
      modelPlatform: {
        environments: [{ name: 'test' }, { name: 'live', endpointCode }],
      },
    }),
  );

describe('what environments tell endpoint code', () => {
  it('is all that is for its environment, system and model, the last first', () => {
    const found = read([
      { configuration: { rule: 1, place: 'all' } },
      { systems: ['plants'], secrets: { KEY: 'of plants' } },
      { models: ['greeting'], configuration: { rule: { deep: 2 } } },
    ]);
    const find = (environment: string, name: string, system: string) =>
      found.find(environment, { name, system });
    expect(find('live', 'greeting', 'plants')).toEqual({
      configuration: { rule: { deep: 2 }, place: 'all' },
      secrets: { KEY: 'of plants' },
    });
    expect(find('live', 'other', 'care')).toEqual({
      configuration: { rule: 1, place: 'all' },
      secrets: {},
    });
    expect(find('test', 'greeting', 'plants')).toBeUndefined();
  });

  it('is refused where it is wrong, without a secret in the message', () => {
    const wrong = () => read([{ secrets: { KEY: { a: 'hidden' } } }]);
    expect(wrong).toThrow(
      /environments\[1\]\.endpointCode\[0\] is wrong: secrets\.KEY/,
    );
    expect(wrong).not.toThrow(/hidden/);
    expect(() => read([{ config: {} }])).toThrow(/config/);
  });
});
