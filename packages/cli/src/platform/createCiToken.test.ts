import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../__testUtils__/runCli';

jest.setTimeout(60_000);

/** A token with an expiry; nobody verifies it here. */
const jwt = (lifeSeconds: number, name: string) =>
  [
    'header',
    Buffer.from(
      JSON.stringify({ exp: Math.floor(Date.now() / 1000) + lifeSeconds }),
    ).toString('base64url'),
    name,
  ].join('.');

describe('the token of a CI job', () => {
  const calls: Array<{ url: string; token?: string }> = [];
  let answers: Array<[number, unknown]> = [];
  let lifeSeconds = 300;
  const server = http.createServer((req, res) => {
    const url = req.url ?? '';
    calls.push({ url, token: req.headers.authorization });
    let [status, body]: [number, unknown] = [200, { items: [] }];
    if (url.startsWith('/idtoken')) {
      [status, body] = answers.shift() ?? [
        200,
        { value: jwt(lifeSeconds, `token-${calls.length}`) },
      ];
    } else if (url.includes('cursor=more')) {
      [status, body] = [200, { items: [] }];
    } else if (url.includes('/deployments')) {
      [status, body] = [200, { items: [], nextCursor: 'more' }];
    }
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  });
  let portal: string;
  let github: Record<string, string>;

  beforeAll(async () => {
    execFileSync(process.execPath, [
      path.resolve(__dirname, '../../scripts/pack.mjs'),
    ]);
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    portal = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    github = {
      MODEL_PLATFORM_URL: `${portal}/`,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${portal}/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
    };
  });

  afterAll(async () => {
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  beforeEach(() => {
    calls.length = 0;
    answers = [];
    lifeSeconds = 300;
  });

  const status = async (env: Record<string, string>) =>
    await runCli(['status'], { cwd: os.tmpdir(), env });

  it('is asked of GitHub Actions for this platform, once', async () => {
    const run = await status(github);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stderr).toContain('token of this GitHub Actions job');
    expect(run.stderr + run.stdout).not.toContain('token-');
    expect(calls).toEqual([
      {
        url: `/idtoken?api-version=2.0&audience=${encodeURIComponent(portal)}`,
        token: 'Bearer of-the-runner',
      },
      {
        url: expect.stringContaining('/v1/deployments'),
        token: calls[1].token,
      },
      { url: expect.stringContaining('cursor=more'), token: calls[1].token },
    ]);
    expect(calls[1].token).toMatch(/^Bearer header\..*\.token-1$/);
  });

  it('is asked for anew before it expires, and again after a failure', async () => {
    lifeSeconds = 30;
    answers = [[503, {}]];
    expect(await status(github)).toMatchObject({ exitCode: 0 });
    expect(calls.map(({ url }) => url.slice(0, 8))).toEqual([
      '/idtoken',
      '/idtoken',
      '/api/mod',
      '/idtoken',
      '/api/mod',
    ]);
  });

  it('says what the job needs where GitHub Actions gives none', async () => {
    answers = [[403, {}]];
    const run = await status(github);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('id-token: write');
  });

  it('is the one that GitLab put into the environment; one that is set goes first', async () => {
    await status({
      ...github,
      MODEL_PLATFORM_ID_TOKEN: 'a.gitlab.token',
    });
    await status({
      ...github,
      MODEL_PLATFORM_ID_TOKEN: 'a.gitlab.token',
      MODEL_PLATFORM_TOKEN: 'own',
    });
    expect(calls.map(({ token }) => token)).toEqual([
      'Bearer a.gitlab.token',
      'Bearer a.gitlab.token',
      'Bearer own',
      'Bearer own',
    ]);
  });
});
