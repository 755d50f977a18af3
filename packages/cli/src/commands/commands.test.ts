import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {
  ENDPOINT_TOKEN,
  PUBLISHER,
  PublishServer,
  send,
} from '../__testUtils__/PublishServer';
import {
  CliRun,
  impatientFetch,
  runCli,
  startCli,
} from '../__testUtils__/runCli';

jest.setTimeout(240_000);

const root = path.resolve(__dirname, '../..');
const packScript = path.join(root, 'scripts/pack.mjs');

let folder: string;
let server: PublishServer;
let env: Record<string, string>;

beforeAll(() => {
  execFileSync(process.execPath, [packScript]);
});

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-cli-'));
  server = await PublishServer.start(path.join(folder, 'blobs'));
  env = { MODEL_PLATFORM_URL: server.url, MODEL_PLATFORM_TOKEN: PUBLISHER };
});

afterEach(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

function cli(...args: string[]): Promise<CliRun> {
  return runCli(args, { cwd: folder, env });
}

/** A deployment that becomes ready after so many looks at it, or never. */
function serveDeployment(
  name: string,
  looks: number,
  reason = 'Starting',
  drift: string[] = [],
) {
  let wanted: unknown;
  let left = looks;
  const deployment = () => ({
    name,
    model: 'iris',
    modelSlug: 'iris',
    environment: 'local',
    off: false,
    drift,
    revision: {
      number: 2,
      variants: [{ name: 'main', model: 'iris', version: 3, weight: 100 }],
    },
    servingRevision: left > 0 ? 1 : 2,
    phase: left > 0 ? 'Starting' : 'Ready',
    conditions: [
      {
        type: 'Progressing',
        status: reason === 'Starting' ? 'True' : 'False',
        reason,
        message: 'Runners of revision 2 are starting',
      },
    ],
    runners: [],
    url: `${server.url}/${name}`,
  });
  server.routes.set(`PUT /v1/deployments/${name}`, (_req, res, body) => {
    wanted = JSON.parse(body);
    send(res, 200, deployment());
  });
  server.routes.set(`GET /v1/deployments/${name}`, (_req, res) => {
    left -= 1;
    send(res, 200, deployment());
  });
  return { wanted: () => wanted };
}

describe('deploy', () => {
  it('applies the file, waits until it serves, and says how to call it', async () => {
    const manifest = {
      apiVersion: 'model-platform.io/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'iris-live' },
      spec: { system: 'plant-catalogue', environment: 'local', model: 'iris' },
    };
    fs.writeFileSync(path.join(folder, 'live.yaml'), JSON.stringify(manifest));
    const { wanted } = serveDeployment('iris-live', 2);
    const run = await cli('deploy', 'live.yaml');
    expect(run.exitCode).toBe(0);
    expect(wanted()).toEqual(manifest);
    expect(run.stderr).toContain('Runners of revision 2 are starting');
    expect(run.stdout).toContain(
      `iris-live serves revision 2 at ${server.url}/iris-live`,
    );
    expect(run.stdout).toContain('main: iris version 3, 100 %');
    expect(run.stdout).toContain('model-platform invoke iris-live');
  });

  it('says what would happen, and how a file differs from what is wanted and serves', async () => {
    const location = 'url:https://git.example.org/iris/model-deployment.yaml';
    const waiting = 'waits for approval by a member of group:default/risk';
    fs.writeFileSync(
      path.join(folder, 'model-deployment.yaml'),
      'apiVersion: model-platform.io/v1alpha1\nkind: ModelDeployment\nmetadata: { name: iris }\nspec: {}\n',
    );
    const paused = 'The file says main at latest; overridden by mira: paused';
    serveDeployment('iris', Infinity, 'Starting', [paused]);
    const asked: string[] = [];
    server.routes.set('PUT /v1/deployments/iris', (req, res) => {
      asked.push(String(req.url));
      send(res, 200, {
        name: 'iris',
        action: 'change',
        declaredIn: location,
        changes: [{ field: 'spec.resources.cpu', from: '1', to: '2' }],
        variants: [{ name: 'main', model: 'iris', version: 3, weight: 100 }],
        restarts: ['main'],
        revision: 'waits',
        gates: [{ holds: false, message: waiting }],
        breaks: [{ field: 'inputs.age', rule: 'was removed' }],
        quotas: [
          { resource: 'cpu', used: 2, limit: 4 },
          { resource: 'memory', used: 2 ** 28, limit: 2 ** 36 },
        ],
      });
    });
    const plan = await cli('deploy', '--dry-run');
    expect(plan.exitCode).toBe(0);
    expect(plan.stdout.split('\n')).toEqual([
      'iris would be changed.',
      `It is declared in ${location}; change it there.`,
      '  spec.resources.cpu',
      '    - 1',
      '    + 2',
      'A revision would wait for its gates:',
      '  main: iris version 3, 100 %',
      '  runners started anew: main',
      `  gate open: ${waiting}`,
      '  breaks inputs.age: was removed',
      '  quota of cpu: 2 of 4',
      '  quota of memory: 256 MiB of 64.0 GiB',
      '',
    ]);
    const diff = await cli('diff', '--exit-code');
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout.split('\n')).toEqual([
      'iris: the file is not what is wanted:',
      '  spec.resources.cpu',
      '    - 1',
      '    + 2',
      `It is declared in ${location}.`,
      'What serves differs:',
      `  ${paused}`,
      '  revision 2 is wanted, 1 serves',
      '',
    ]);
    const document = await cli('diff', '--exit-code', '--json');
    expect(document.exitCode).toBe(1);
    expect(JSON.parse(document.stdout)).toMatchObject({ declaredIn: location });
    expect(document.stderr).toContain('iris differs.');
    expect((await cli('diff')).exitCode).toBe(0);
    expect(asked.every(url => url.endsWith('?dryRun=true'))).toBe(true);
  });

  it('does not wait for what waits for somebody else, whom approve and refuse let speak', async () => {
    fs.writeFileSync(
      path.join(folder, 'model-deployment.yaml'),
      'apiVersion: model-platform.io/v1alpha1\nkind: ModelDeployment\nmetadata: { name: iris }\nspec: {}\n',
    );
    const conditions = [
      { type: 'Waiting', status: 'True', message: 'waits for approval' },
    ];
    server.routes.set('PUT /v1/deployments/iris', (_req, res) =>
      send(res, 200, { name: 'iris', servingRevision: 1, conditions }),
    );
    const run = await cli('deploy');
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('iris: waits for approval');
    expect(run.stdout).toContain('Revision 1 goes on serving.');

    const bodies: unknown[] = [];
    server.routes.set(
      'POST /v1/deployments/iris/decisions',
      (_req, res, body) => {
        bodies.push(JSON.parse(body));
        send(res, 200, { name: 'iris', conditions });
      },
    );
    const request = {
      number: 12,
      reason: 'Version 9 was published',
      variants: [{ name: 'main', model: 'iris', version: 9, weight: 100 }],
    };
    let waiting: object | undefined = request;
    server.routes.set('GET /v1/deployments/iris', (_req, res) =>
      send(res, 200, { name: 'iris', conditions, request: waiting }),
    );
    // What waits may not be what was looked at.
    const unseen = await cli('approve', 'iris', '--reason', 'Looked at');
    expect(unseen.exitCode).toBe(2);
    expect(unseen.stderr.split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringContaining('Request 12 waits (Version 9 was published):'),
        expect.stringContaining('main: iris version 9, 100 %'),
        expect.stringContaining(
          'model-platform approve iris --request 12 --reason',
        ),
      ]),
    );
    expect(bodies).toEqual([]);
    const approved = await cli(
      ...['approve', 'iris', '--request', '12', '--reason', 'Looked at'],
    );
    expect(approved.stdout).toContain('iris: the revision is approved.');
    await cli('refuse', 'iris', '--reason', 'Too early', '--request', '3');
    expect(bodies).toEqual([
      { decision: 'approved', reason: 'Looked at', request: 12 },
      { decision: 'refused', reason: 'Too early', request: 3 },
    ]);
    const back = await cli(
      'approve',
      'iris',
      '--withdraw',
      '--reason',
      'Not yet',
    );
    expect(back.stdout).toBe('iris: your approval is taken back.\n');
    expect(bodies[2]).toEqual({
      decision: 'withdrawn',
      reason: 'Not yet',
      request: 12,
    });
    waiting = undefined;
    const nothing = await cli('refuse', 'iris', '--reason', 'Too early');
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      1,
      expect.stringContaining('No revision of iris waits'),
    ]);
    expect((await cli('approve', 'iris')).exitCode).toBe(2);
  });

  it('makes the simplest deployment of a folder that has none', async () => {
    fs.writeFileSync(path.join(folder, 'model.yaml'), 'name: Iris Flowers\n');
    server.routes.set('GET /v1/models/Iris Flowers', (_req, res) =>
      send(res, 200, {
        name: 'Iris Flowers',
        slug: 'iris-flowers',
        system: 'plant-catalogue',
        owner: 'group:default/botany-ml',
      }),
    );
    const { wanted } = serveDeployment('iris-flowers', 0);
    const run = await cli('deploy', '--json');
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ phase: 'Ready' });
    expect(wanted()).toMatchObject({
      metadata: { name: 'iris-flowers' },
      spec: {
        system: 'plant-catalogue',
        environment: 'local',
        model: 'Iris Flowers',
      },
    });
  });

  it('fails with the reason, when given up or out of time', async () => {
    fs.writeFileSync(
      path.join(folder, 'model-deployment.yaml'),
      'apiVersion: model-platform.io/v1alpha1\nkind: ModelDeployment\nmetadata: { name: iris }\nspec: {}\n',
    );
    serveDeployment('iris', Infinity, 'DeadlineExceeded');
    const givenUp = await cli('deploy');
    expect(givenUp.exitCode).toBe(1);
    expect(givenUp.stderr).toContain('iris does not serve revision 2.');
    expect(givenUp.stderr).toContain('Revision 1 goes on serving.');
    serveDeployment('iris', Infinity);
    const late = await cli('deploy', '--timeout', '1');
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain('did not serve revision 2 within 1 s');
    expect((await cli('deploy', '--no-wait')).exitCode).toBe(0);

    fs.writeFileSync(
      path.join(folder, 'model-deployment.yaml'),
      'kind: Deployment\n',
    );
    const wrong = await cli('deploy');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('kind: must be ModelDeployment');
    expect(wrong.stderr).toContain('metadata.name: is required');
  });
});

describe('invoke', () => {
  let bodies: unknown[];
  let variants: unknown[];
  let tokenRequests: unknown[];
  let refusals: number;

  beforeEach(() => {
    bodies = [];
    variants = [];
    tokenRequests = [];
    refusals = 0;
    server.routes.set('GET /v1/endpoints/iris', (_req, res) =>
      send(res, 200, {
        name: 'iris',
        url: `${server.url}/gateway/iris`,
        ready: true,
        example: { petal_length: 1.4 },
      }),
    );
    server.routes.set('POST /v1/endpoints/iris/tokens', (_req, res, body) => {
      tokenRequests.push(JSON.parse(body));
      send(res, 201, { ...JSON.parse(body), token: ENDPOINT_TOKEN });
    });
    server.routes.set('POST /gateway/iris/predict', (req, res, body) => {
      const { inputs } = JSON.parse(body) as {
        inputs: Record<string, unknown>;
      };
      bodies.push(inputs);
      variants.push(req.headers['x-model-variant']);
      const isKnown = req.headers.authorization === `Bearer ${ENDPOINT_TOKEN}`;
      if (!isKnown || refusals > 0) {
        refusals -= 1;
        send(res, 401, {
          error: {
            name: 'Unauthenticated',
            message: 'The token is not one of this endpoint',
          },
        });
      } else if (inputs.petal_length === 'long') {
        send(res, 400, {
          error: {
            name: 'InvalidInput',
            message: '1 input is wrong',
            fields: [
              { path: 'inputs.petal_length', message: 'must be a number' },
            ],
          },
          requestId: 'r1',
        });
      } else {
        send(res, 200, {
          outputs: { species: 'setosa' },
          model: { name: 'iris', version: 3, variant: 'main' },
          requestId: 'r1',
        });
      }
    });
  });

  it('calls with the example and a token for five minutes', async () => {
    // The gateway hears of it a moment later.
    refusals = 2;
    const run = await cli('invoke', 'iris');
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual({ species: 'setosa' });
    expect(run.stderr).toContain('iris version 3, variant main, request r1');
    expect(run.stderr + run.stdout).not.toContain(ENDPOINT_TOKEN);
    expect(bodies).toEqual(Array(3).fill({ petal_length: 1.4 }));
    expect(tokenRequests).toEqual([
      {
        consumer: 'component:default/model-platform-cli',
        expiresInSeconds: 300,
      },
    ]);
    expect(variants).toEqual(Array(3).fill(undefined));
  });

  it('asks for a variant, with a token that may', async () => {
    expect(
      (await cli('invoke', 'iris', '--variant', 'challenger')).exitCode,
    ).toBe(0);
    expect(variants).toEqual(['challenger']);
    expect(tokenRequests).toMatchObject([{ mayChooseVariant: true }]);
  });

  it('has tokens made for applications, with what they are good for', async () => {
    const plain = await cli('token', 'iris', 'component:default/shop');
    expect(plain.stdout.trim()).toBe(ENDPOINT_TOKEN);
    const args = [
      '--expires-in',
      '2d',
      '--rate',
      '600/minute',
      '--burst',
      '20',
    ];
    const full = await cli(
      'token',
      'iris',
      'component:default/shop',
      ...args,
      '--may-choose-variant',
      '--json',
    );
    expect(JSON.parse(full.stdout)).toMatchObject({ token: ENDPOINT_TOKEN });
    expect(tokenRequests).toEqual([
      { consumer: 'component:default/shop' },
      {
        consumer: 'component:default/shop',
        expiresInSeconds: 172_800,
        rate: { calls: 600, per: 'minute', burst: 20 },
        mayChooseVariant: true,
      },
    ]);
    for (const wrong of [
      ['--rate', '5/day'],
      ['--burst', '3'],
      ['--expires-in', '2'],
    ]) {
      const refused = await cli('token', 'iris', 'component:x', ...wrong);
      expect([wrong, refused.exitCode]).toEqual([wrong, 2]);
    }
  });

  it('takes inputs as JSON, from a file and from standard input', async () => {
    env.MODEL_PLATFORM_ENDPOINT_TOKEN = ENDPOINT_TOKEN;
    fs.writeFileSync(path.join(folder, 'line.json'), '[{ "petal_length": 3 }]');
    await cli('invoke', 'iris', '--data', '{"petal_length":2}');
    await cli('invoke', 'iris', '--data', '@line.json');
    const piped = await runCli(['invoke', 'iris', '--data', '-', '--json'], {
      cwd: folder,
      env,
      stdin: '{"inputs":{"petal_length":4}}',
    });
    expect(JSON.parse(piped.stdout)).toMatchObject({ requestId: 'r1' });
    expect(bodies).toEqual([
      { petal_length: 2 },
      [{ petal_length: 3 }],
      { petal_length: 4 },
    ]);
    expect(tokenRequests).toEqual([]);
  });

  it('waits for an answer as long as its endpoint does', async () => {
    server.routes.set('POST /gateway/slow/predict', async (_req, res) => {
      await new Promise(done => setTimeout(done, 1_500));
      res.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      await new Promise(done => setTimeout(done, 1_500));
      res.end('{"outputs":{"species":"setosa"}}');
    });
    Object.assign(env, {
      MODEL_PLATFORM_ENDPOINT_TOKEN: ENDPOINT_TOKEN,
      ...impatientFetch(
        folder,
        `const { timeout } = AbortSignal;
AbortSignal.timeout = ms => timeout.call(AbortSignal, ms / 1000);`,
      ),
    });
    const url = `${server.url}/gateway/slow`;
    const run = await cli('invoke', url, '--data', '{"inputs":{}}', '--json');
    expect([run.stderr, run.exitCode]).toEqual(['', 0]);
    expect(JSON.parse(run.stdout).outputs).toEqual({ species: 'setosa' });
  });

  it('prints whole numbers as they came, however large', async () => {
    env.MODEL_PLATFORM_ENDPOINT_TOKEN = ENDPOINT_TOKEN;
    const body =
      '{"outputs":{"id":[9007199254740993,-9223372036854775808],"mean":0.1,"text":"9007199254740993"},"requestId":"r1"}';
    server.routes.set('POST /gateway/iris/predict', (_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(body);
    });
    const withoutSpace = ({ stdout }: CliRun) => stdout.replace(/\s/g, '');
    expect(withoutSpace(await cli('invoke', 'iris', '--json'))).toBe(body);
    expect(withoutSpace(await cli('invoke', 'iris'))).toBe(
      body.slice('{"outputs":'.length, body.indexOf(',"requestId"')),
    );
  });

  it('names wrong inputs, and tells a wrong token from a wrong input', async () => {
    const wrong = await cli(
      'invoke',
      'iris',
      '--data',
      '{"petal_length":"long"}',
    );
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('inputs.petal_length: must be a number');
    expect(wrong.stderr).toContain('Request r1');
    refusals = 0;
    env.MODEL_PLATFORM_ENDPOINT_TOKEN = 'mpe_old_secret';
    expect((await cli('invoke', 'iris')).exitCode).toBe(3);
    expect((await cli('invoke', 'iris', '--data', '{')).exitCode).toBe(2);
    expect((await cli('invoke', 'iris', '--data', '@none.json')).exitCode).toBe(
      2,
    );
  });
});

describe('the other commands', () => {
  it.each([
    { args: [], first: 1, messages: 201 },
    { args: ['--tail', '1'], first: 200, messages: 2 },
    { args: ['--tail', '0'], first: 201, messages: 1 },
  ])('follows logs over cut connections, each line once: $args', async each => {
    const runners = ['iris-r1-main-0', 'iris-r1-main-1'];
    // Two lines each are the same in all that they say, but for the last ones.
    const secondOf = (number: number) =>
      number < 200 ? Math.floor(number / 2) : number - 100;
    const from = new Date();
    const line = (runner: string, number: number) =>
      JSON.stringify({
        at: new Date(
          from.getTime() + (secondOf(number) - secondOf(201)) * 1_000,
        ).toISOString(),
        level: 'info',
        message: `${secondOf(number)}\u001b[2J`,
        runner,
      });
    // Of each runner as many lines as are asked for, and those from a time on.
    let last = 200;
    const asked: Array<[tail: string | null, since: string | null]> = [];
    server.routes.set('GET /v1/deployments/iris/logs', (req, res) => {
      const query = new URL(req.url!, server.url).searchParams;
      asked.push([query.get('tail'), query.get('since')]);
      const tail = Number(query.get('tail') ?? 200);
      const since = query.get('since') ?? '';
      const lines = runners.flatMap(runner =>
        Array.from({ length: tail }, (_, index) =>
          line(runner, last - tail + 1 + index),
        ).filter(data => JSON.parse(data).at >= since),
      );
      res.writeHead(200, {
        'content-type': 'text/event-stream',
        date: from.toUTCString(),
      });
      const isCut = asked.length < 3;
      const text = lines.map(data => `data: ${data}\n\n`).join('');
      res.write(`: hello\n\n${text}`, () => isCut && res.destroy());
      last = 201;
      if (!isCut) res.write(`data: ${line('iris-r2-main-0', 300)}\n\n`);
    });
    const running = startCli(['logs', 'iris', '--follow', ...each.args], {
      cwd: folder,
      env,
    });
    while (!running.output().includes('iris-r2-main-0'))
      await new Promise(setImmediate);
    running.child.kill('SIGINT');
    const run = await running.ended;
    expect(run.exitCode).toBe(130);
    const since = each.args[1] === '0' && new Date(from).setMilliseconds(0);
    expect(asked).toEqual([
      [each.args[1] ?? null, null],
      ...Array(2).fill(['200', since ? new Date(since).toISOString() : null]),
    ]);
    for (const runner of runners) {
      const shown = run.stdout.split('\n').filter(row => row.includes(runner));
      // What others wrote does not steer the terminal.
      expect(shown.map(row => row.split('  ').at(-1))).toEqual(
        Array.from(
          { length: each.messages },
          (_, index) => `${secondOf(each.first + index)}\ufffd[2J`,
        ),
      );
    }
  });

  it('goes on with logs however long the platform was away', async () => {
    const line = (message: string, at: string) =>
      `data: ${JSON.stringify({
        at,
        level: 'info',
        message,
        runner: 'r',
      })}\n\n`;
    const [before, after] = [
      line('before', '2026-11-02T09:00:00.123Z'),
      line('after', '2026-11-02T09:01:00.123Z'),
    ];
    let connections = 0;
    server.routes.set('GET /v1/deployments/iris/logs', (_req, res) => {
      connections += 1;
      // More than one call is tried.
      if (connections > 1 && connections < 7) {
        res.destroy();
        return;
      }
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      if (connections === 1) res.write(before, () => res.destroy());
      else res.write(`${before}${after}`);
    });
    const running = startCli(['logs', 'iris', '--follow'], {
      cwd: folder,
      env,
    });
    while (
      !running.output().includes('after') &&
      running.child.exitCode === null
    )
      await new Promise(setImmediate);
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    expect([exitCode, stderr]).toEqual([
      130,
      expect.stringContaining('connecting again'),
    ]);
    expect(stdout.match(/before|after/g)).toEqual(['before', 'after']);
  });

  it('asks again where an answer is cut off, and says so where each one is', async () => {
    const answer = JSON.stringify({ items: [], sources: [] });
    let cuts = 2;
    server.routes.set('GET /v1/deployments/iris/logs', (_req, res) => {
      if (cuts === 0) {
        send(res, 200, { items: [], sources: [] });
        return;
      }
      cuts -= 1;
      res.writeHead(200, {
        'content-type': 'application/json',
        'content-length': 1000,
      });
      res.write(answer.slice(0, 10), () => res.destroy());
    });
    const run = await cli('logs', 'iris');
    expect([run.stderr, run.exitCode, cuts]).toEqual([
      'iris has written nothing of that kind yet.\n',
      0,
      0,
    ]);

    cuts = Infinity;
    server.calls.length = 0;
    const cut = await cli('logs', 'iris');
    expect(cut.stderr).toMatch(
      /^Cannot reach the platform at \S+: the connection was cut\.\n/,
    );
    expect(cut.stderr).not.toContain('    at ');
    expect([cut.exitCode, server.calls.length]).toEqual([3, 4]);
  });

  it('says why logs cannot be followed, and does not try again', async () => {
    let connections = 0;
    const message = 'Deployment iris has no runner typo; it has: none';
    server.routes.set('GET /v1/deployments/iris/logs', (_req, res) => {
      connections += 1;
      send(res, 404, {
        error: { name: 'NotFoundError', message },
        request: { method: 'GET', url: '/' },
        response: { statusCode: 404 },
      });
    });
    const run = await cli('logs', 'iris', '-f', '--runner', 'typo');
    expect(run.stderr).toContain(message);
    expect([run.exitCode, connections]).toEqual([1, 1]);
  });

  it('prints what a log line says beside its message', async () => {
    const at = '2026-11-02T09:00:00.123Z';
    const runner = 'iris--r1-main-0';
    server.routes.set('GET /v1/deployments/iris/logs', (_req, res) =>
      send(res, 200, {
        items: [
          {
            at,
            level: 'info',
            runner,
            message: 'fetched',
            step: 'fetch',
            file: 'iris.onnx',
          },
          {
            at,
            level: 'info',
            runner,
            message: 'refused',
            requestId: 'r7',
            code: 400,
            durationMs: 0.888265000001411,
          },
          {
            at,
            level: 'error',
            runner,
            message: 'failed',
            error: 'no bmi',
            stack: 'Error: no bmi\n    at predict',
          },
          { at, level: 'info', runner, message: 'ready' },
        ],
        sources: [runner],
      }),
    );
    const run = await cli('logs', 'iris');
    expect(run.stdout).toBe(
      [
        `${at}  info   ${runner} (fetch)  fetched  file=iris.onnx`,
        `${at}  info   ${runner}  refused (request r7)  code=400 durationMs=0.888`,
        `${at}  error  ${runner}  failed  error="no bmi"`,
        'Error: no bmi',
        '    at predict',
        `${at}  info   ${runner}  ready`,
        '',
      ].join('\n'),
    );
  });

  it('asks for the log lines that are wanted', async () => {
    let asked: string | undefined;
    server.routes.set('GET /v1/deployments/iris/logs', (req, res) => {
      asked = req.url?.split('?')[1];
      send(res, 200, { items: [], sources: [] });
    });
    for (const [args, query] of [
      ['', undefined],
      [
        '--since 10m --grep /a.b/i --tail 5 --variant main --revision 2',
        'since=10m&grep=%2Fa.b%2Fi&tail=5&variant=main&revision=2',
      ],
    ] as const) {
      const run = await cli('logs', 'iris', ...args.split(' ').filter(Boolean));
      expect([run.stderr, run.exitCode, asked]).toEqual([
        'iris has written nothing of that kind yet.\n',
        0,
        query,
      ]);
    }
  });

  it('asks for what they say', async () => {
    // Each command runs twice, once with --json.
    const asked = new Set<string>();
    const keep = (at: string, answer: unknown) =>
      server.routes.set(at, (req: http.IncomingMessage, res, body) => {
        const route = req.url?.replace('/api/model-platform/v1/', '');
        const content = body ? JSON.parse(body) : undefined;
        asked.add(JSON.stringify([`${req.method} ${route}`, content]));
        send(res, 200, answer);
      });
    const deployment = {
      name: 'iris',
      model: 'iris',
      environment: 'local',
      phase: 'Ready',
      conditions: [],
      runners: [],
      revision: { number: 4, variants: [] },
    };
    const model = {
      name: 'iris',
      slug: 'iris',
      type: 'ml',
      owner: 'group:default/botany-ml',
      system: 'plant-catalogue',
      lifecycle: 'production',
      description: 'Tells irises apart',
      aliases: { champion: 3 },
      latest: { number: 3 },
    };
    keep('PUT /v1/models/my/iris/aliases/champion', {
      alias: 'champion',
      version: 3,
    });
    for (const action of ['promote', 'rollback', 'off']) {
      keep(`POST /v1/deployments/iris/${action}`, deployment);
    }
    keep('GET /v1/models', { items: [model] });
    keep('GET /v1/models/iris', model);
    keep('GET /v1/deployments', { items: [deployment] });
    let last = '';
    keep('GET /v1/deployments/iris/sizes', {
      items: [
        {
          ...{ variant: 'main', version: 3, asked: { memory: '1Gi' } },
          observed: {
            ...{ seconds: 10_800, calls: 1_240 },
            ...{ memoryPeakBytes: 118 * 2 ** 20, cpuP95Cores: 0.06 },
          },
          proposed: { cpu: '100m', memory: '160Mi' },
        },
        {
          ...{ variant: 'new', version: 4, asked: {} },
          observed: { seconds: 300, calls: 3 },
          missing: 'a size is proposed after 1 h of observation and 100 calls',
        },
      ],
    });
    for (const args of [
      ['alias', 'set', 'my/iris', 'champion', '3', '--reason', 'better'],
      ['promote', 'iris', 'challenger'],
      ['rollback', 'iris'],
      ['rollback', 'iris', '2'],
      ['off', 'iris', '--reason', 'wrong answers'],
      ['on', 'iris'],
      [
        'search',
        'iris',
        '--filter',
        'theme=plants',
        '--filter',
        'theme=flowers',
        '--filter',
        'metadata.data.period exists',
        '--filter',
        'evaluation.accuracy>=0.9',
      ],
      ['status'],
      ['status', 'iris'],
    ]) {
      const run = await cli(...args);
      expect([args, run.stderr, run.exitCode]).toEqual([args, '', 0]);
      last = run.stdout;
      const asJson = await cli(...args, '--json');
      expect(JSON.parse(asJson.stdout)).toBeTruthy();
    }
    expect([...asked].slice(0, 7)).toEqual(
      [
        [
          'PUT models/my%2Firis/aliases/champion',
          { version: 3, reason: 'better' },
        ],
        ['POST deployments/iris/promote', { variant: 'challenger' }],
        ['POST deployments/iris/rollback', {}],
        ['POST deployments/iris/rollback', { revision: 2 }],
        ['POST deployments/iris/off', { off: true, reason: 'wrong answers' }],
        ['POST deployments/iris/off', { off: false }],
        [
          'GET models?q=iris&limit=20&filter=theme%3Dplants&filter=theme%3Dflowers&filter=metadata.data.period+exists&filter=evaluation.accuracy%3E%3D0.9',
          undefined,
        ],
      ].map(call => JSON.stringify(call)),
    );
    expect(last).toContain(`  size of main: asked for memory 1Gi
    takes at most 118 MiB, 0.06 CPU (p95); observed for 3 h, 1,240 calls
    proposed: CPU 100m, memory 160Mi
  size of new: asked for nothing
    takes nothing yet; observed for 5 min, 3 calls
    proposed: none yet: a size is proposed after 1 h of observation and 100 calls
`);
    const missing = await cli('status', 'none');
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain(
      'There is no model and no deployment named none',
    );
  });

  it('deletes a deployment only where one says so, and tells why it is refused', async () => {
    const deployment = {
      ...{ name: 'iris', model: 'iris', environment: 'production' },
      ...{ phase: 'Ready', url: 'https://models.test/iris' },
      revision: {
        number: 4,
        variants: [{ name: 'main', model: 'iris', version: 3, weight: 100 }],
      },
    };
    server.routes.set('GET /v1/deployments/iris', (_req, res) =>
      send(res, 200, deployment),
    );
    const asked: Array<string | undefined> = [];
    server.routes.set('DELETE /v1/deployments/iris', (req, res) => {
      asked.push(req.url?.split('?')[1]);
      res.writeHead(204).end();
    });
    const unsaid = await cli('delete', 'iris', '--reason', "it's replaced");
    expect([unsaid.exitCode, unsaid.stdout]).toEqual([2, '']);
    expect(unsaid.stderr.split('\n')).toEqual([
      'Deleting iris ends its endpoint, and its tokens with it: say so with --yes.',
      '',
      'iris in production, Ready, at https://models.test/iris',
      '  main: iris version 3, 100 %',
      "To delete it: model-platform delete iris --yes --reason '…'",
      '',
    ]);
    expect(asked).toEqual([]);

    const run = await cli('delete', 'iris', '--yes', '--reason', 'replaced');
    expect([run.exitCode, run.stderr, run.stdout]).toEqual([
      0,
      '',
      'iris is deleted; its runners finish the calls they have.\n',
    ]);
    const asJson = await cli('delete', 'iris', '--yes', '--json');
    expect(JSON.parse(asJson.stdout)).toEqual({ name: 'iris', deleted: true });
    expect(asked).toEqual(['reason=replaced', undefined]);

    let isThere = true;
    server.routes.set('DELETE /v1/deployments/iris', (_req, res) => {
      if (isThere) {
        isThere = false;
        res.destroy();
      } else {
        send(res, 404, {
          error: { name: 'NotFoundError', message: 'No such deployment' },
          request: { method: 'DELETE', url: '/' },
          response: { statusCode: 404 },
        });
      }
    });
    const cut = await cli('delete', 'iris', '--yes');
    expect([cut.exitCode, cut.stderr, isThere]).toEqual([0, '', false]);

    const declared =
      'The deployment iris is declared in url:https://git.test/d.yaml; change or remove it there';
    server.routes.set('DELETE /v1/deployments/iris', (_req, res) =>
      send(res, 409, {
        error: { name: 'ConflictError', message: declared },
        request: { method: 'DELETE', url: '/' },
        response: { statusCode: 409 },
      }),
    );
    const refused = await cli('delete', 'iris', '--yes', '--json');
    expect([refused.exitCode, JSON.parse(refused.stdout)]).toEqual([
      1,
      { error: { name: 'Refused', message: declared } },
    ]);
  });

  it('knows wrong usage', async () => {
    for (const args of [
      ['publsh'],
      ['publish', '--force=yes'],
      ['invoke'],
      ['alias', 'set', 'iris', 'champion', 'three'],
      ['logs', 'iris', '--tail', '-1'],
      [],
    ]) {
      const run = await cli(...args);
      expect([args, run.exitCode, run.stdout]).toEqual([args, 2, '']);
      expect(run.stderr).toMatch(/error: |Usage: /);
    }
    expect(server.calls).toEqual([]);
    const help = await cli('--help');
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain('MODEL_PLATFORM_ENDPOINT_TOKEN');
  });
});

describe('the package', () => {
  it('is the same bytes each time, and works as npm installs it', async () => {
    const tgz = path.join(root, 'dist/cli.tgz');
    const digest = () =>
      createHash('sha512').update(fs.readFileSync(tgz)).digest('base64');
    const first = digest();
    execFileSync(process.execPath, [packScript]);
    expect(digest()).toBe(first);

    const npm = path.join(path.dirname(process.execPath), 'npm');
    const project = path.join(folder, 'project');
    fs.mkdirSync(project);
    execFileSync(
      fs.existsSync(npm) ? npm : 'npm',
      [
        'install',
        '--offline',
        '--no-audit',
        '--no-fund',
        '--cache',
        path.join(folder, 'cache'),
        tgz,
      ],
      { cwd: project, stdio: 'pipe' },
    );
    expect(
      fs.readdirSync(path.join(project, 'node_modules/@model-platform')),
    ).toEqual(['cli']);
    const version = execFileSync(
      path.join(project, 'node_modules/.bin/model-platform'),
      ['--version'],
    );
    const { version: expected } = JSON.parse(
      fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
    );
    expect(version.toString().trim()).toBe(expected);
  });
});
