import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { Agent, IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunnerManifest } from '@model-platform/model-wire';
import { parse } from 'yaml';

const REPOSITORY = resolve(__dirname, '../../..');
const CONFORMANCE = join(REPOSITORY, 'test/conformance');
const IRIS = join(REPOSITORY, 'examples/iris');
const SECRET = 'secret-of-this-test';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

interface Case {
  name: string;
  request: {
    method: string;
    path: string;
    headers?: Record<string, string>;
    secret?: string;
    body?: unknown;
    text?: string;
    parts?: Array<string | { repeat: string; times: number }>;
  };
  response: {
    status: number;
    headers?: Record<string, string>;
    body?: unknown;
  };
}

interface StartedRunner {
  child: ChildProcess;
  port: number;
  /** Its lines so far. */
  log(): Array<{ level: string; message: string } & Record<string, unknown>>;
  exitCode: Promise<number | null>;
  call(
    method: string,
    path: string,
    body?: string,
    headers?: Record<string, string>,
    agent?: Agent,
  ): Promise<Answer>;
}

const readJson = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));
const children: ChildProcess[] = [];
const folders: string[] = [];
const agent = new Agent({ keepAlive: true });

async function until(condition: () => Promise<boolean> | boolean) {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Never came true: ${condition}`);
    await new Promise(done => setTimeout(done, 10));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A runner's directory; `files` are copied into its `model/`. */
function makeDirectory(manifest: object, files: string[]): string {
  const directory = fs.mkdtempSync(join(tmpdir(), 'model-runner-node-'));
  folders.push(directory);
  fs.mkdirSync(join(directory, 'model'));
  for (const file of files)
    fs.copyFileSync(file, join(directory, 'model', file.split('/').pop()!));
  fs.writeFileSync(join(directory, 'model.json'), JSON.stringify(manifest));
  fs.writeFileSync(join(directory, 'openapi.json'), '{"openapi":"3.1.0"}');
  fs.writeFileSync(join(directory, 'docs.html'), '<!doctype html>');
  return directory;
}

function start(
  directory: string,
  port: number,
  variables: Record<string, string> = {},
): StartedRunner {
  const child = spawn(
    process.execPath,
    [join(__dirname, '../bin/model-runner-node.js')],
    {
      env: {
        MODEL_DIR: directory,
        PORT: String(port),
        RUNNER_SECRET: SECRET,
        MODEL_ENDPOINT: 'echo',
        MODEL_VARIANT: 'main',
        MODEL_REVISION: '1',
        MODEL_ENVIRONMENT: 'test',
        MAX_BODY_BYTES: '20000',
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  let out = '';
  child.stdout.on('data', chunk => (out += chunk));
  return {
    child,
    port,
    log: () =>
      out
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line)),
    exitCode: once(child, 'close').then(([code]) => code),
    call: (method, path, body, headers = {}, through = agent) =>
      new Promise((done, reject) => {
        const request = httpRequest(
          {
            host: '127.0.0.1',
            port,
            method,
            path,
            agent: through,
            headers: {
              'x-model-runner-secret': SECRET,
              ...(body === undefined
                ? {}
                : { 'content-length': String(Buffer.byteLength(body)) }),
              ...headers,
            },
          },
          response => {
            let text = '';
            response.setEncoding('utf8');
            response.on('data', chunk => (text += chunk));
            response.on('error', reject);
            response.on('end', () =>
              done({
                status: response.statusCode!,
                headers: response.headers,
                text,
              }),
            );
          },
        );
        request.on('error', reject);
        request.end(body);
      }),
  };
}

async function startReady(
  directory: string,
  variables?: Record<string, string>,
): Promise<StartedRunner> {
  const runner = start(directory, await freePort(), variables);
  await until(() => runner.log().some(({ message }) => message === 'ready'));
  return runner;
}

/** An answer with what the case leaves open taken from the case. */
function open(wanted: unknown, given: unknown): unknown {
  if (
    wanted === '<any>' ||
    (wanted === '<string>' && typeof given === 'string')
  )
    return wanted;
  if (Array.isArray(wanted) && Array.isArray(given))
    return given.map((item, index) => open(wanted[index], item));
  if (
    typeof wanted === 'object' &&
    wanted !== null &&
    typeof given === 'object' &&
    given !== null
  ) {
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        open((wanted as Record<string, unknown>)[key], value),
      ]),
    );
  }
  return given;
}

function irisManifest(): RunnerManifest {
  const { name, type, description, system, flavor, files, signature, example } =
    parse(fs.readFileSync(join(IRIS, 'model.yaml'), 'utf8'));
  return {
    formatVersion: 1,
    model: { name, slug: name, system, type, description },
    version: 3,
    flavor,
    files,
    signature,
    example,
    metrics: [],
  };
}

const echoManifest = {
  ...readJson(join(CONFORMANCE, 'model.json')),
  flavor: 'onnx',
  files: ['echo.onnx'],
};
const echoFiles = [join(CONFORMANCE, 'echo.onnx')];
const lookupManifest = {
  ...echoManifest,
  files: ['lookup.onnx'],
  signature: {
    inputs: [{ name: 'place', type: 'integer' }],
    outputs: [{ name: 'number', type: 'number' }],
  },
  example: { place: 0 },
};
const lookupFiles = [join(CONFORMANCE, 'lookup.onnx')];

beforeAll(() => {
  execFileSync(process.execPath, [
    join(REPOSITORY, 'packages/model-gateway/scripts/buildPrograms.cjs'),
    'model-runner-node',
  ]);
}, 60_000);

afterAll(async () => {
  agent.destroy();
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
});

describe('what every runner answers', () => {
  const cases: Case[] = readJson(join(CONFORMANCE, 'cases.json'));
  let runner: StartedRunner;

  beforeAll(async () => {
    runner = await startReady(makeDirectory(echoManifest, echoFiles));
  });

  it.each(cases.map(each => [each.name, each] as const))(
    '%s',
    async (_name, { request, response }) => {
      const { method, path, headers = {}, secret, body, text, parts } = request;
      const sent =
        body === undefined
          ? text ??
            parts
              ?.map(part =>
                typeof part === 'string'
                  ? part
                  : part.repeat.repeat(part.times),
              )
              .join('')
          : JSON.stringify(body);
      const answer = await runner.call(method, path, sent, {
        ...headers,
        ...(secret === undefined
          ? {}
          : { 'x-model-runner-secret': secret === 'none' ? '' : secret }),
      });
      expect({ status: answer.status, text: answer.text }).toMatchObject({
        status: response.status,
      });
      expect(answer.headers).toMatchObject(response.headers ?? {});
      expect(answer.headers).toMatchObject({
        'x-request-id': expect.any(String),
        'x-model-version': '3',
        'x-model-variant': 'main',
      });
      const { body: wanted = '<any>' } = response;
      expect(
        open(wanted, wanted === '<any>' || JSON.parse(answer.text)),
      ).toEqual(wanted);
    },
  );

  it('answers no request, however wrong, with a 5xx, and goes on', async () => {
    const random = seeded(20261);
    for (let round = 0; round < 400; round += 1) {
      const protocol = random() < 0.5;
      const body = JSON.stringify(
        protocol
          ? { inputs: anyTensors(random) }
          : { inputs: anyInputs(random) },
      );
      const { status, text } = await runner.call(
        'POST',
        protocol ? '/v2/models/echo/infer' : '/predict',
        body,
      );
      expect([200, 400, 413]).toContain(status);
      expect(JSON.parse(text)).toEqual(expect.any(Object));
    }
    expect(runner.log().filter(({ level }) => level === 'error')).toEqual([]);
  }, 60_000);
});

describe('the iris example', () => {
  let runner: StartedRunner;

  beforeAll(async () => {
    runner = await startReady(
      makeDirectory(irisManifest(), [join(IRIS, 'iris.onnx')]),
      { MODEL_ENDPOINT: 'iris', LOG_LEVEL: 'debug' },
    );
  });

  it('tells the species of flowers', async () => {
    const flowers = [
      {
        sepal_length: 5.1,
        sepal_width: 3.5,
        petal_length: 1.4,
        petal_width: 0.2,
      },
      {
        sepal_length: 6.4,
        sepal_width: 3.2,
        petal_length: 4.5,
        petal_width: 1.5,
      },
      {
        sepal_length: 7.7,
        sepal_width: 2.6,
        petal_length: 6.9,
        petal_width: 2.3,
      },
    ];
    const { status, text } = await runner.call(
      'POST',
      '/iris/predict',
      JSON.stringify({ inputs: flowers }),
    );
    expect(status).toBe(200);
    const { outputs } = JSON.parse(text);
    expect(outputs.map(({ species }: { species: string }) => species)).toEqual([
      'setosa',
      'versicolor',
      'virginica',
    ]);
    for (const { probabilities } of outputs) {
      expect(probabilities).toHaveLength(3);
      expect(
        probabilities.reduce((sum: number, p: number) => sum + p, 0),
      ).toBeCloseTo(1, 5);
    }
  });

  it('tells nobody but its gateway that it runs', async () => {
    const home = fs.mkdtempSync(join(tmpdir(), 'model-runner-home-'));
    folders.push(home);
    const { child, call } = await startReady(
      makeDirectory(irisManifest(), [join(IRIS, 'iris.onnx')]),
      { MODEL_ENDPOINT: 'iris', HOME: home },
    );
    expect((await call('GET', '/iris/v2/models/iris')).status).toBe(200);
    expect(fs.readdirSync(home)).toEqual([]);
    expect(fs.existsSync(`/tmp/mat-debug-${child.pid}.log`)).toBe(false);
  });

  it('speaks the protocol with the tensors of the model itself', async () => {
    const { text: metadata } = await runner.call('GET', '/iris/v2/models/iris');
    expect(JSON.parse(metadata)).toEqual({
      name: 'iris',
      versions: ['3'],
      platform: 'onnx_onnxruntime',
      inputs: [{ name: 'measurements', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
      ],
    });
    const { text } = await runner.call(
      'POST',
      '/iris/v2/models/iris/infer',
      JSON.stringify({
        id: 'mine',
        inputs: [
          {
            name: 'measurements',
            datatype: 'FP32',
            shape: [2, 4],
            data: [
              [5.1, 3.5, 1.4, 0.2],
              [7.7, 2.6, 6.9, 2.3],
            ],
          },
        ],
        outputs: [{ name: 'label' }],
      }),
    );
    expect(JSON.parse(text)).toEqual({
      model_name: 'iris',
      model_version: '3',
      id: 'mine',
      outputs: [
        {
          name: 'label',
          datatype: 'BYTES',
          shape: [2],
          data: ['setosa', 'virginica'],
        },
      ],
    });
    const refused = await runner.call(
      'POST',
      '/iris/v2/models/iris/infer',
      JSON.stringify({
        inputs: [
          {
            name: 'measurements',
            datatype: 'FP32',
            shape: [1, 4],
            data: [5.1, 3.5, 1.4, 1e39],
          },
        ],
      }),
    );
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('inputs[0].data[3] must fit FP32');
  });

  it('counts what it answered, and writes no payload down', async () => {
    await runner.call('POST', '/predict', '{"inputs":{"sepal_length":77777}}');
    const { headers, text } = await runner.call('GET', '/metrics');
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    const labels =
      'system="plant-catalogue",model="iris",version="3",environment="test",endpoint="iris",variant="main",revision="1"';
    const samples = new Map(
      text
        .split('\n')
        .filter(line => line && !line.startsWith('#'))
        .map(line => {
          const [, name, inner, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line)!;
          expect(inner).toContain(labels);
          return [
            `${name} ${inner.replace(labels, '').replace(/^,|,$/g, '')}`,
            Number(value),
          ];
        }),
    );
    expect(samples.get('model_runner_requests_total code="200"')).toBe(2);
    expect(samples.get('model_runner_requests_total code="400"')).toBe(2);
    expect(samples.get('model_runner_request_duration_seconds_count ')).toBe(4);
    expect(samples.get('model_runner_predict_duration_seconds_count ')).toBe(2);
    expect(samples.get('model_runner_requests_in_flight ')).toBe(0);
    expect(samples.get('model_runner_load_seconds ')).toBeGreaterThan(0);
    expect(samples.get('process_resident_memory_bytes ')).toBeGreaterThan(1e7);
    const told = (wanted: string) =>
      runner.log().filter(({ message }) => message === wanted);
    await until(
      () => told('answered').length === 2 && told('refused').length === 2,
    );
    // Times and ids are numbers too, any digits may be in them.
    const spoken = runner
      .log()
      .map(({ at, requestId, durationMs, loadSeconds, port, ...said }) => said);
    expect(JSON.stringify(spoken)).not.toMatch(/77777|virginica|5\.1/);
  });

  it('finishes what it is answering when it is asked to stop, and ends with 0', async () => {
    const draining = await startReady(
      makeDirectory(irisManifest(), [join(IRIS, 'iris.onnx')]),
      { MODEL_ENDPOINT: 'iris' },
    );
    const body = JSON.stringify({ inputs: irisManifest().example });
    const statuses: number[] = [];
    const errors: string[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      const own = new Agent({ keepAlive: true, maxSockets: 1 });
      for (;;) {
        try {
          const { status } = await draining.call(
            'POST',
            '/predict',
            body,
            {},
            own,
          );
          statuses.push(status);
        } catch (error) {
          errors.push((error as NodeJS.ErrnoException).code ?? String(error));
          own.destroy();
          return;
        }
      }
    });
    await until(() => statuses.length > 200);
    draining.child.kill('SIGTERM');
    await Promise.all(clients);
    expect(await draining.exitCode).toBe(0);
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Refused are new connections only; no call that was begun is lost.
    expect(new Set(errors)).toEqual(new Set(['ECONNREFUSED']));
    expect(
      draining
        .log()
        .slice(-2)
        .map(({ message }) => message),
    ).toEqual(['draining', 'stopped']);
  });
});

describe('a model that fails on some inputs', () => {
  it('is told apart from wrong requests, row by row, with the reason in the log only', async () => {
    const runner = await startReady(makeDirectory(lookupManifest, lookupFiles));
    const call = (inputs: unknown) =>
      runner.call('POST', '/predict', JSON.stringify({ inputs }), {
        'x-request-id': 'r-1',
      });

    const batch = await call([{ place: 1 }, { place: 0 }, { place: 2 }]);
    expect(batch.status).toBe(200);
    // JSON has no word for what is not a number.
    expect(JSON.parse(batch.text).outputs).toEqual([
      { number: 20 },
      { number: 10 },
      { number: null },
    ]);

    const tooLarge = await call({ place: 2 ** 40 });
    expect(tooLarge.status).toBe(400);
    expect(JSON.parse(tooLarge.text).error.message).toBe(
      "Input 'place' must fit INT32, from -2147483648 to 2147483647.",
    );

    const failed = await call({ place: 7 });
    expect(failed.status).toBe(500);
    expect(JSON.parse(failed.text)).toEqual({
      error: {
        name: 'ModelError',
        message:
          'The model failed on this request; its logs tell why under request id r-1.',
      },
      requestId: 'r-1',
    });
    await until(() => runner.log().at(-1)?.level === 'error');
    expect(runner.log().at(-1)).toMatchObject({
      level: 'error',
      message: 'the model failed',
      requestId: 'r-1',
      stack: expect.stringContaining('Gather'),
    });
    expect((await call({ place: 0 })).status).toBe(200);
  });
});

describe('a runner that cannot serve ends with 1 and says why last', () => {
  const wrong: Array<[string, () => [object, string[]], string]> = [
    [
      'a file that is no model',
      () => {
        const file = join(
          fs.mkdtempSync(join(tmpdir(), 'model-runner-node-')),
          'iris.onnx',
        );
        folders.push(resolve(file, '..'));
        fs.writeFileSync(file, 'this is no model');
        return [irisManifest(), [file]];
      },
      'cannot load the model: ',
    ],
    [
      'no model among the files',
      () => [{ ...irisManifest(), files: ['readme.txt'] }, []],
      'There is no .onnx file among the files of the version.',
    ],
    [
      'another flavor',
      () => [{ ...irisManifest(), flavor: 'pyfunc' }, []],
      "The Node runtime has no flavor 'pyfunc'. It has: onnx, minizinc, highs, dmn, bpmn.",
    ],
    [
      'endpoint code',
      () => [
        { ...irisManifest(), endpoint: 'endpoint.js' },
        [join(IRIS, 'iris.onnx')],
      ],
      'The Node runtime does not run endpoint code (endpoint.js) yet.',
    ],
    [
      'a signature of other names',
      () => [
        {
          ...echoManifest,
          signature: {
            ...echoManifest.signature,
            inputs: echoManifest.signature.inputs.slice(1),
          },
        },
        echoFiles,
      ],
      "The signature's inputs (count, kind, flag, ratio, vector) do not fit the model's (amount, count, kind, flag, ratio, vector)",
    ],
    [
      'a signature of another type',
      () => [
        {
          ...lookupManifest,
          signature: {
            ...lookupManifest.signature,
            inputs: [{ name: 'place', type: 'number' }],
          },
        },
        lookupFiles,
      ],
      "The signature does not fit: input 'place' is a number in the signature, but int32 in the model.",
    ],
    [
      'an example that the model does not take',
      () => [{ ...lookupManifest, example: { place: 9 } }, lookupFiles],
      'cannot load the model: ',
    ],
    ['a broken manifest', () => [[], []], 'cannot start: '],
  ];

  it.each(wrong)('%s', async (_what, make, message) => {
    const runner = start(makeDirectory(...make()), await freePort());
    expect(await runner.exitCode).toBe(1);
    expect(runner.log().at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringContaining(message),
    });
  });

  it('a port that is taken', async () => {
    const first = await startReady(makeDirectory(echoManifest, echoFiles));
    const second = start(makeDirectory(echoManifest, echoFiles), first.port);
    expect(await second.exitCode).toBe(1);
    expect(second.log().at(-1)?.message).toMatch(
      /^cannot start: .*address already in use/,
    );
  });

  it('a wrong environment, every variable named', async () => {
    const runner = start(makeDirectory(echoManifest, echoFiles), 0, {
      RUNNER_SECRET: 'short',
      MODEL_VARIANT: '',
    });
    expect(await runner.exitCode).toBe(1);
    expect(runner.log().at(-1)?.message).toMatch(
      /^wrong environment: (?=.*PORT:)(?=.*RUNNER_SECRET:)(?=.*MODEL_VARIANT:)/,
    );
  });
});

/** The same numbers each time: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const oneOf = <T>(random: () => number, items: T[]): T =>
  items[Math.floor(random() * items.length)];

function anyValue(random: () => number, depth = 0): unknown {
  const scalar = oneOf<unknown>(random, [
    0,
    -1,
    7,
    2.5,
    1e308,
    2 ** 60,
    '',
    'a',
    'ä\u0000',
    true,
    false,
    null,
  ]);
  if (depth > 3 || random() < 0.6) return scalar;
  const size = Math.floor(random() * 4);
  const values = Array.from({ length: size }, () =>
    anyValue(random, depth + 1),
  );
  return random() < 0.5
    ? values
    : Object.fromEntries(
        values.map(value => [
          oneOf(random, ['amount', '__proto__', 'inputs', 'x']),
          value,
        ]),
      );
}

/** Mostly the example, with something wrong in it. */
function anyInputs(random: () => number): unknown {
  if (random() < 0.2) return anyValue(random);
  const row = () => {
    const line: Record<string, unknown> = { ...echoManifest.example };
    line[oneOf(random, [...Object.keys(line), 'x'])] = anyValue(random);
    return line;
  };
  return random() < 0.5 ? row() : [row(), row()];
}

function anyTensors(random: () => number): unknown {
  if (random() < 0.2) return anyValue(random);
  const datatypes: Record<string, string> = {
    amount: 'FP64',
    count: 'INT64',
    kind: 'BYTES',
    flag: 'BOOL',
    ratio: 'FP64',
    vector: 'FP64',
  };
  const tensors = Object.entries(datatypes).map(
    ([name, datatype]): Record<string, unknown> => ({
      name,
      datatype,
      shape: name === 'vector' ? [1, 3] : [1, 1],
      data: [echoManifest.example[name]].flat(),
    }),
  );
  const changed = oneOf(random, tensors);
  const key = oneOf(random, ['name', 'datatype', 'shape', 'data']);
  changed[key] = oneOf<unknown>(random, [
    anyValue(random),
    [anyValue(random)],
    [0, 3],
    [2, 1],
    [1e15, 1e15],
    'INT8',
    'FP32',
    [[[1]], 2],
  ]);
  return tensors;
}
