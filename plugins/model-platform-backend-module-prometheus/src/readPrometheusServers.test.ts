import { ConfigReader } from '@backstage/config';
import { readPrometheusServers } from './readPrometheusServers';

describe('the configuration of Prometheus', () => {
  const read = async (modelPlatform: object) =>
    await readPrometheusServers(new ConfigReader({ modelPlatform }));

  it('may name none, one for all, or one for each environment', async () => {
    expect(await read({})).toEqual([]);
    const url = 'https://prometheus.example.org';
    const environments = async (modelPlatform: object) =>
      (await read(modelPlatform)).map(server => server.environments);
    expect(await environments({ prometheus: { url } })).toEqual([['local']]);
    const three = [
      { name: 'a' },
      { name: 'b', prometheus: { url } },
      { name: 'c' },
    ];
    expect(
      await environments({ prometheus: { url }, environments: three }),
    ).toEqual([['b'], ['a', 'c']]);
    await expect(read({ environments: three })).rejects.toThrow(
      /environment a names no Prometheus/,
    );
  });

  it.each([
    [{ url: 'prometheus' }, /modelPlatform\.prometheus is wrong: url:/],
    [{ url: 'http://u:secret@p' }, /url: takes no password/],
    [{ url: 'http://p', tokn: 'x' }, /tokn/],
    [
      {
        url: 'http://p',
        token: 'x',
        basicAuth: { username: 'a', password: 'b' },
      },
      /basicAuth: stands beside token/,
    ],
    [{ url: 'http://p', labels: { 'a-b': 'c' } }, /labels/],
    [{ url: 'http://p', caFile: '/not/there' }, /caFile cannot be read/],
  ])('names what is wrong in %j', async (prometheus, message) => {
    const error = await read({ prometheus }).then(
      () => '',
      refused => String(refused),
    );
    expect(error).toMatch(message);
    expect(error).not.toContain('secret@');
  });
});
