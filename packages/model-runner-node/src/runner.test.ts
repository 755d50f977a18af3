import fs from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunnerManifest } from '@model-platform/model-wire';
import { parse } from 'yaml';
import { buildRunner } from './__testUtils__/runModel';
import {
  METRICS_SECRET,
  SECRET,
  endRunners,
  folders,
  freePort,
  makeDirectory,
  start,
  StartedRunner,
  startReady,
  until,
} from './__testUtils__/startRunner';

jest.setTimeout(120_000);

const REPOSITORY = resolve(__dirname, '../../..');
const CONFORMANCE = join(REPOSITORY, 'test/conformance');
const IRIS = join(REPOSITORY, 'examples/iris');
const readJson = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));
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

beforeAll(buildRunner, 60_000);
afterAll(endRunners);

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

  it('tells its figures to who collects them, and nothing else', async () => {
    const as = async (
      call: string,
      headers: Record<string, string>,
    ): Promise<number> => {
      const [method, path] = call.split(' ');
      const url = `http://127.0.0.1:${runner.port}${path}`;
      const body = method === 'POST' ? '{"inputs":{}}' : undefined;
      return (await fetch(url, { method, headers, body })).status;
    };
    const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
    expect(await as('GET /metrics', bearer(METRICS_SECRET))).toBe(200);
    for (const secret of [SECRET, 'another'])
      expect(await as('GET /metrics', bearer(secret))).toBe(401);
    for (const headers of [
      bearer(METRICS_SECRET),
      { 'x-model-runner-secret': METRICS_SECRET },
    ])
      for (const call of ['GET /v2', 'POST /predict', 'POST /metrics'])
        expect([call, await as(call, headers)]).toEqual([call, 401]);
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
    // Those with the secret of the figures.
    expect(samples.get('model_runner_requests_total code="401"')).toBe(2);
    expect(samples.get('model_runner_errors_total class="InputError"')).toBe(2);
    expect(samples.get('model_runner_request_duration_seconds_count ')).toBe(6);
    expect(samples.get('model_runner_predict_duration_seconds_count ')).toBe(2);
    expect(samples.get('model_runner_requests_in_flight ')).toBe(0);
    expect(samples.get('model_runner_load_seconds ')).toBeGreaterThan(0);
    expect(samples.get('process_resident_memory_bytes ')).toBeGreaterThan(1e7);
    const told = (wanted: string) =>
      runner.log().filter(({ message }) => message === wanted);
    await until(
      () => told('answered').length === 2 && told('refused').length === 4,
    );
    expect(told('answered')[0]).toMatchObject({
      level: 'debug',
      code: 200,
      requestBytes: expect.any(Number),
      answerBytes: expect.any(Number),
    });
    // Times and ids are numbers too, any digits may be in them.
    const spoken = runner
      .log()
      .map(
        ({
          at,
          requestId,
          durationMs,
          loadSeconds,
          port,
          requestBytes,
          answerBytes,
          ...said
        }) => said,
      );
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
    const callOn = async (method: string, path: string, content?: string) => {
      const own = new Agent({ keepAlive: true, maxSockets: 1 });
      for (;;) {
        try {
          const { status } = await draining.call(
            method,
            path,
            content,
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
    };
    const clients = [
      ...Array.from({ length: 8 }, () => callOn('POST', '/predict', body)),
      // Whoever collects its figures keeps no runner, either.
      callOn('GET', '/metrics'),
    ];
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

  it('serves, and ends with 0, where its log has no room', async () => {
    const full = fs.openSync('/dev/full', 'w');
    const silent = start(
      makeDirectory(irisManifest(), [join(IRIS, 'iris.onnx')]),
      await freePort(),
      { MODEL_ENDPOINT: 'iris', LOG_LEVEL: 'debug' },
      full,
    );
    fs.closeSync(full);
    await until(async () => {
      expect(silent.child.exitCode).toBe(null);
      const ready = silent.call('GET', '/v2/health/ready');
      return (await ready.catch(() => undefined))?.status === 200;
    });
    const body = JSON.stringify({ inputs: irisManifest().example });
    for (let calls = 0; calls < 3; calls += 1)
      expect((await silent.call('POST', '/predict', body)).status).toBe(200);
    silent.child.kill('SIGTERM');
    expect(await silent.exitCode).toBe(0);
  });
});

describe('a model with a tensor of every datatype', () => {
  const values: Record<string, unknown[]> = {
    BOOL: [true, false],
    UINT8: [0, 255],
    UINT16: [0, 65535],
    UINT32: [0, 4294967295],
    UINT64: [0, 2 ** 53 - 1],
    INT8: [-128, 127],
    INT16: [-32768, 32767],
    INT32: [-2147483648, 2147483647],
    INT64: [-(2 ** 53 - 1), 7],
    FP16: [-65504, 0.5],
    FP32: [-0.5, 3.4028234663852886e38],
    FP64: [5e-324, 1.7976931348623157e308],
    BYTES: ['', 'ä'],
  };
  const types: Record<string, string> = { BOOL: 'boolean', BYTES: 'string' };
  const fields = Object.keys(values).map(name => ({
    name,
    type: types[name] ?? (name.startsWith('FP') ? 'number' : 'integer'),
    shape: [-1],
  }));
  let runner: StartedRunner;

  beforeAll(async () => {
    runner = await startReady(
      makeDirectory(
        {
          ...echoManifest,
          files: ['datatypes.onnx'],
          signature: {
            inputs: fields,
            outputs: fields.map(field => ({
              ...field,
              name: `${field.name}_out`,
            })),
          },
          example: values,
        },
        [join(CONFORMANCE, 'datatypes.onnx')],
      ),
    );
  });

  it('takes and gives them as JSON, and says which they are', async () => {
    const tensors = Object.entries(values).map(([name, data]) => ({
      name,
      datatype: name,
      shape: [1, 2],
      data,
    }));
    const { status, text } = await runner.call(
      'POST',
      '/v2/models/echo/infer',
      JSON.stringify({ inputs: tensors }),
    );
    expect([status, JSON.parse(text).outputs]).toEqual([
      200,
      tensors.map(tensor => ({ ...tensor, name: `${tensor.name}_out` })),
    ]);
    const metadata = await runner.call('GET', '/v2/models/echo');
    expect(JSON.parse(metadata.text).inputs).toEqual(
      Object.keys(values).map(name => ({
        name,
        datatype: name,
        shape: [-1, -1],
      })),
    );
  });

  it('gives back every byte of binary data, those of 64 bits too', async () => {
    const bytes: Record<string, Buffer> = {
      BOOL: Buffer.from([1, 0]),
      UINT8: Buffer.from([0, 255]),
      UINT16: Buffer.from('0000ffff', 'hex'),
      UINT32: Buffer.from('00000000ffffffff', 'hex'),
      UINT64: Buffer.from('0000000000000000ffffffffffffffff', 'hex'),
      INT8: Buffer.from([128, 127]),
      INT16: Buffer.from('0080ff7f', 'hex'),
      INT32: Buffer.from('00000080ffffff7f', 'hex'),
      INT64: Buffer.from('0000000000000080ffffffffffffff7f', 'hex'),
      FP16: Buffer.from('fffb0100', 'hex'),
      FP32: Buffer.from('01000000ffff7f7f', 'hex'),
      FP64: Buffer.from('0100000000000000ffffffffffffef7f', 'hex'),
      BYTES: Buffer.from('0000000002000000c3a4', 'hex'),
    };
    const header = JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: Object.entries(bytes).map(([name, { length }]) => ({
        name,
        datatype: name,
        shape: [1, 2],
        parameters: { binary_data_size: length },
      })),
    });
    const all = Buffer.concat(Object.values(bytes));
    const answer = await runner.call(
      'POST',
      '/v2/models/echo/infer',
      Buffer.concat([Buffer.from(header), all]),
      { 'inference-header-content-length': String(header.length) },
    );
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'application/octet-stream',
    ]);
    const length = Number(answer.headers['inference-header-content-length']);
    expect(answer.bytes.subarray(length).toString('hex')).toBe(
      all.toString('hex'),
    );
    const { outputs } = JSON.parse(
      answer.bytes.subarray(0, length).toString('utf8'),
    );
    expect(outputs).toEqual(
      Object.entries(bytes).map(([name, content]) => ({
        name: `${name}_out`,
        datatype: name,
        shape: [1, 2],
        parameters: { binary_data_size: content.length },
      })),
    );
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
    const line = () => runner.log().findLast(({ stack }) => stack);
    await until(() => line() !== undefined);
    expect(line()).toMatchObject({
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
      "The Node runtime has no flavor 'pyfunc'. It has: onnx, minizinc, highs, dmn, bpmn, image, node, prompt.",
    ],
    [
      'bytes that its flavor knows not of',
      () => [
        {
          ...irisManifest(),
          flavor: 'prompt',
          signature: {
            inputs: [{ name: 'leaf', type: 'bytes' }],
            outputs: [{ name: 'species', type: 'string' }],
          },
        },
        [],
      ],
      "The signature does not fit: the flavor prompt knows no bytes, of which type 'leaf' are.",
    ],
    [
      'endpoint code',
      () => [
        { ...irisManifest(), endpoint: 'endpoint.js' },
        [join(IRIS, 'iris.onnx')],
      ],
      "endpoint.js can't be imported: ",
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
