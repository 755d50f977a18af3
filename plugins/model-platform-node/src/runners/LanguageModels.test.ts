import { ConfigReader } from '@backstage/config';
import { LanguageModels } from './LanguageModels';

const server = (more: object = {}) => ({
  protocol: 'openai',
  baseUrl: 'http://127.0.0.1:11434/v1',
  model: 'small-1',
  apiKey: 'a-key',
  ...more,
});

const read = (languageModels: object[]) =>
  LanguageModels.fromConfig(
    new ConfigReader({
      modelPlatform: {
        environments: [{ name: 'test' }, { name: 'live', languageModels }],
      },
    }),
  );

describe('the language models of environments', () => {
  it('are found by environment, system and model, the first that fits', () => {
    const found = read([
      server({ model: 'of-one', models: ['greeting'] }),
      server({ model: 'of-plants', systems: ['plants'] }),
      server({ model: 'of-care', systems: ['care'], timeoutSeconds: 5 }),
    ]);
    const find = (environment: string, name: string, system: string) =>
      found.find(environment, { name, system })?.model;
    expect(find('live', 'greeting', 'care')).toBe('of-one');
    expect(find('live', 'other', 'plants')).toBe('of-plants');
    expect(find('live', 'other', 'care')).toBe('of-care');
    expect(find('live', 'other', 'money')).toBeUndefined();
    expect(find('test', 'greeting', 'plants')).toBeUndefined();
    expect(found.find('live', { name: 'other', system: 'care' })).toMatchObject(
      { timeoutSeconds: 5, retries: 2, apiKey: 'a-key' },
    );
    expect(
      LanguageModels.fromConfig(new ConfigReader({})).find('local', {
        name: 'a',
        system: 'b',
      }),
    ).toBeUndefined();
  });

  it.each([
    [
      { protocol: 'other' },
      /environments\[1\]\.languageModels\[0\] is wrong: protocol/,
    ],
    [{ baseUrl: 'file:///etc' }, /baseUrl/],
    [{ baseURL: 'http://a' }, /baseURL/],
    [{ prices: { currency: 'EUR' } }, /prices\.inputPerMillionTokens/],
  ])('are refused with %j', (more, expected) => {
    const reading = () => read([server(more)]);
    expect(reading).toThrow(expected);
    expect(reading).not.toThrow(/a-key/);
  });
});
