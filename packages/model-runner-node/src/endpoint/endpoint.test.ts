import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {
  buildRunner,
  cleanUp,
  exampleModel,
  ModelUnderTest,
  refusalOf,
  RunningModel,
  serveModel,
} from '../__testUtils__/runModel';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

const numbers = {
  inputs: [{ name: 'x', type: 'number' as const }],
  outputs: [{ name: 'y', type: 'number' as const }],
};

function code(
  text: string,
  more: Partial<ModelUnderTest> = {},
  file = 'endpoint.ts',
): ModelUnderTest {
  return {
    flavor: 'node',
    signature: numbers,
    endpoint: file,
    ...more,
    files: { [file]: text, ...more.files },
  };
}

/** Series of one metric, without what tells whose runner it is. */
async function seriesOf({ url }: RunningModel, name: string) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter(line => line.startsWith(`${name}{`))
    .map(line => line.replace(/[{,](?!kind)\w+="[^"]*"|}/g, ''));
}

/** So many log lines of a request; they may come later than its answer. */
async function linesAbout(running: RunningModel, requestId: string, count = 1) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = running.log().filter(line => line.requestId === requestId);
    if (found.length >= count || Date.now() > deadline) return found;
    await new Promise(done => setTimeout(done, 10));
  }
}

describe('endpoint code in TypeScript', () => {
  let offers: RunningModel;

  beforeAll(async () => {
    offers = await serveModel(
      code(
        `import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { twice } from './lib/twice.ts';
import type { Model } from './lib/types.ts';

export async function load(context): Promise<Model> {
  console.log('loading %s', 'it');
  const factor = Number(await readFile(context.files + '/factor.txt', 'utf8'));
  await writeFile(os.tmpdir() + '/note.txt', 'kept');
  context.logger.info('factor read', { version: context.version });
  return { factor };
}

export async function predict(model: Model, { x }: { x: number }, context) {
  await new Promise(done => setTimeout(done, 1));
  context.metrics.counter('offers_total', { kind: 'small' }).inc(2);
  context.metrics.gauge('last_x').set(x);
  context.metrics.histogram('x_size').observe(x);
  context.logger.warn('predicted', { rule: context.configuration.rule });
  console.error(new Error('printed').message);
  return { y: twice(x) * model.factor + context.secret('ADDEND').length, more: {} };
}
`,
        {
          files: {
            'factor.txt': '1.5',
            'lib/twice.ts':
              'export const twice = (x: number): number => x * 2;',
            'lib/types.ts': 'export interface Model { factor: number }',
          },
          example: { x: 5 },
          metrics: [
            { name: 'offers_total', type: 'counter', labels: ['kind'] },
            { name: 'last_x', type: 'gauge' },
            { name: 'x_size', type: 'histogram' },
          ],
          settings: { configuration: { rule: 7 }, secrets: { ADDEND: 'abc' } },
        },
      ),
    );
  });

  it('answers lines and batches, and tensors', async () => {
    expect(await offers.outputs({ x: 1 })).toEqual({ y: 6 });
    expect(await offers.outputs([{ x: 1 }, { x: 2 }])).toEqual([
      { y: 6 },
      { y: 9 },
    ]);
    const { status, body } = await offers.call(
      'POST',
      '/v2/models/model/infer',
      {
        inputs: [{ name: 'x', datatype: 'FP64', shape: [2, 1], data: [1, 2] }],
      },
    );
    expect(status).toBe(200);
    expect(body.outputs[0]).toMatchObject({ name: 'y', data: [6, 9] });
    expect((await offers.predict({ x: 'one' })).status).toBe(400);
  });

  it('counts what model.yaml declares, and not the warm-up', async () => {
    expect(await seriesOf(offers, 'offers_total')).toEqual([
      'offers_total{kind="small" 10',
    ]);
    expect(await seriesOf(offers, 'last_x')).toEqual(['last_x 2']);
    expect(await seriesOf(offers, 'x_size_sum')).toEqual(['x_size_sum 7']);
  });

  it('logs with the id of the request, printed lines too', async () => {
    const { body } = await offers.predict({ x: 3 });
    expect(await linesAbout(offers, body.requestId, 2)).toMatchObject([
      { level: 'warn', message: 'predicted', rule: 7 },
      { level: 'warn', message: 'printed' },
    ]);
    const messages = offers.log().map(({ message }) => message);
    expect(messages).toContain('loading it');
    expect(messages).toContain('factor read');
  });
});

describe('endpoint code in JavaScript', () => {
  it('may answer a batch at once, as CommonJS too', async () => {
    const batch = await serveModel(
      code(
        `module.exports = {
           predictBatch: (model, rows) => rows.map(({ x }) => ({ y: x + rows.length })),
         };`,
        {},
        'endpoint.cjs',
      ),
    );
    expect(await batch.outputs([{ x: 1 }, { x: 2 }])).toEqual([
      { y: 3 },
      { y: 4 },
    ]);
    expect(await batch.outputs({ x: 1 })).toEqual({ y: 2 });
  });

  it('answers tensors where lines are null, and refuses those of different lengths', async () => {
    const lists = await serveModel(
      code(
        `export function predict(model, { x }) {
          const isNull = x < 0;
          return { open: isNull ? null : Array(x).fill(x), pair: isNull ? null : [x, x], none: null };
        }`,
        {
          signature: {
            inputs: numbers.inputs,
            outputs: [
              { name: 'open', type: 'number', shape: [-1], optional: true },
              { name: 'pair', type: 'number', shape: [2], optional: true },
              { name: 'none', type: 'number', shape: [-1, 2], optional: true },
            ],
          },
        },
        'endpoint.mjs',
      ),
    );
    const infer = (data: number[], outputs?: object[]) =>
      lists.call('POST', '/v2/models/model/infer', {
        outputs,
        inputs: [
          { name: 'x', datatype: 'FP64', shape: [data.length, 1], data },
        ],
      });
    const { body } = await infer([-1, 3, 3]);
    expect(body.outputs).toMatchObject([
      {
        name: 'open',
        shape: [3, 3],
        data: [null, null, null, 3, 3, 3, 3, 3, 3],
      },
      { name: 'pair', shape: [3, 2], data: [null, null, 3, 3, 3, 3] },
      { name: 'none', shape: [3, 1, 2], data: Array(6).fill(null) },
    ]);
    expect((await infer([0, 0])).body.outputs[0]).toMatchObject({
      shape: [2, 0],
      data: [],
    });
    expect(await infer([2, 3])).toMatchObject({
      status: 400,
      body: {
        error:
          "output 'open' has lines of different lengths, which a tensor cannot have; use /predict",
      },
    });
    // What nobody asked for may be as it is.
    expect(await infer([2, 3], [{ name: 'pair' }])).toMatchObject({
      status: 200,
      body: { outputs: [{ name: 'pair', shape: [2, 2], data: [2, 2, 3, 3] }] },
    });
  });

  it.each([
    ['a Buffer', `Buffer.from([137, 80, 78, x])`],
    ['a Uint8Array', `new Uint8Array([0, 137, 80, 78, x]).subarray(1)`],
    ['base64', `Buffer.from([137, 80, 78, x]).toString('base64')`],
  ])('answers bytes that its code gives as %s', async (_, picture) => {
    const pictures = await serveModel(
      code(
        `export const predict = (model, { x }) => ({ picture: ${picture}, pair: [${picture}, ${picture}], none: null });`,
        {
          signature: {
            inputs: numbers.inputs,
            outputs: [
              { name: 'picture', type: 'bytes' },
              { name: 'pair', type: 'bytes', shape: [2] },
              { name: 'none', type: 'bytes', optional: true },
            ],
          },
        },
        'endpoint.mjs',
      ),
    );
    const [one, other] = [71, 72].map(x => Buffer.from([137, 80, 78, x]));
    const values = [one, other].map(bytes => bytes.toString('base64'));
    expect(await pictures.outputs([{ x: 71 }, { x: 72 }])).toEqual(
      values.map(value => ({
        picture: value,
        pair: [value, value],
        none: null,
      })),
    );
    const infer = async (outputs?: object[]) => {
      const x = { name: 'x', datatype: 'FP64', shape: [2, 1], data: [71, 72] };
      const answer = await fetch(`${pictures.url}/v2/models/model/infer`, {
        method: 'POST',
        body: JSON.stringify({ inputs: [x], outputs }),
      });
      return {
        length: Number(answer.headers.get('inference-header-content-length')),
        body: Buffer.from(await answer.arrayBuffer()),
      };
    };
    const { body: json } = await infer();
    expect(JSON.parse(json.toString()).outputs).toMatchObject([
      { name: 'picture', data: values },
      { name: 'pair', data: [values[0], values[0], values[1], values[1]] },
      { name: 'none', data: [null, null] },
    ]);
    const { body, length } = await infer([
      { name: 'picture', parameters: { binary_data: true } },
    ]);
    const prefix = Buffer.from([4, 0, 0, 0]);
    expect(body.subarray(length)).toEqual(
      Buffer.concat([prefix, one, prefix, other]),
    );
  });

  it('sends an answer whole that its caller reads slowly, while it is asked to stop', async () => {
    const length = 32_000_000;
    const { url, child, log, exitCode } = await serveModel(
      code(
        `export const predict = (model, { x }) => ({ y: 'y'.repeat(x) });`,
        {
          signature: {
            ...numbers,
            outputs: [{ name: 'y', type: 'string' }],
          },
        },
        'endpoint.mjs',
      ),
      { DRAIN_TIMEOUT_MS: '100000' },
    );
    const request = http.request(`${url}/predict`, { method: 'POST' });
    request.end(JSON.stringify({ inputs: { x: length } }));
    const [answer] = await once(request, 'response');
    child.kill('SIGTERM');
    let received = 0;
    for await (const chunk of answer) {
      received += chunk.length;
      await new Promise(done => setTimeout(done, 1));
    }
    expect(received).toBe(Number(answer.headers['content-length']));
    expect(received).toBeGreaterThan(length);
    expect(await exitCode).toBe(0);
    expect(log().at(-1)?.message).toBe('stopped');
  });

  it('goes around the model that the flavor loads', async () => {
    const example = exampleModel('planting-advice');
    const advice = await serveModel({
      ...example,
      endpoint: 'endpoint.mjs',
      files: {
        ...example.files,
        'endpoint.mjs': `export async function predictBatch(model, rows) {
          const answers = await model.predict(rows);
          return answers.map(answer => ({ ...answer, needed_rating: answer.needed_rating - rows.length }));
        }`,
      },
    });
    expect(
      await advice.outputs({ winter_low: -12, plant_rating: 5, soil: 'wet' }),
    ).toMatchObject({ needed_rating: 4, place: 'raised bed' });
  });
});

describe('endpoint code that fails', () => {
  let failing: RunningModel;

  beforeAll(async () => {
    failing = await serveModel(
      code(
        `const secrets = ['RUNNER_SECRET', 'METRICS_SECRET', 'STATE_KEY'].filter(name => name in process.env);
export function predict(model, { x }, context) {
  if (x === 1) return { y: NaN };
  if (x === 2) throw new RangeError('no two: marked-value');
  if (x === 12) return new Promise((_, reject) => setTimeout(reject, 20, new Error('late')));
  if (x === 3) context.metrics.counter('misses_total').inc();
  if (x === 4) context.metrics.gauge('hits_total').set(1);
  if (x === 5) return { z: 1 };
  if (x === 6) return 6;
  if (x === 7) return { y: 'marked-value' };
  if (x === 8) return Promise.reject('plain text');
  if (x === 9) return context.secret('NONE');
  if (x === 10) return { y: null };
  context.metrics.counter('hits_total').inc();
  return { y: secrets.length };
}
`,
        { metrics: [{ name: 'hits_total', type: 'counter' }] },
      ),
      { STATE_KEY: Buffer.alloc(32, 7).toString('base64url') },
    );
  });

  it.each([
    [2, 'RangeError: no two'],
    [2, 'endpoint.ts:4'],
    [12, 'Error: late'],
    [3, "'misses_total' is not declared in model.yaml (declared: hits_total)"],
    [4, "'hits_total' is declared as a counter, not a gauge"],
    [8, 'plain text'],
    [9, "no secret 'NONE'"],
  ])('answers 500 with an id for %d, and logs %s', async (x, reason) => {
    const { status, body } = await failing.predict({ x });
    expect(status).toBe(500);
    expect(body).toEqual({
      error: {
        name: 'ModelError',
        message: `The model failed on this request; its logs tell why under request id ${body.requestId}.`,
      },
      requestId: body.requestId,
    });
    const [line] = await linesAbout(failing, body.requestId);
    expect(line.level).toBe('error');
    expect(line.stack).toContain(reason);
  });

  it.each([
    [5, 'outputs.y', 'is missing'],
    [6, 'outputs', 'must be an object with the outputs by name, not number'],
    [7, 'outputs.y', 'must be a number, not string'],
    [10, 'outputs.y', 'must not be null'],
  ])('names what does not fit the signature: %d', async (x, at, message) => {
    const { status, body } = await failing.predict({ x });
    expect(status).toBe(500);
    expect(body.error).toEqual({
      name: 'ModelError',
      message: `The model failed on this request: the answer does not fit the signature: ${at} ${message}; its logs tell why under request id ${body.requestId}.`,
      fields: [{ path: at, message }],
    });
    expect(
      JSON.stringify(await linesAbout(failing, body.requestId)),
    ).not.toContain('marked-value');
    const batch = await failing.predict([{ x: 0 }, { x }]);
    expect(batch.body.error.fields[0].path).toBe(
      at.replace('outputs', 'outputs[1]'),
    );
  });

  it('serves on where lines of one batch fail at different times', async () => {
    expect((await failing.predict([{ x: 12 }, { x: 2 }])).status).toBe(500);
    // Fails after the first one of the batch has.
    expect((await failing.predict({ x: 12 })).status).toBe(500);
    expect(failing.child.exitCode).toBe(null);
  });

  it('serves on, without the secrets of its runner', async () => {
    expect(await failing.outputs({ x: 1 })).toEqual({ y: null });
    expect(await failing.outputs({ x: 11 })).toEqual({ y: 0 });
    // One line of this test, four of batches in which another one failed.
    expect(await seriesOf(failing, 'hits_total')).toEqual(['hits_total 5']);
  });

  it('ends its runner with a reason where it fails outside of a call', async () => {
    const { exitCode, log, predict } = await serveModel(
      code(`export function predict(model, { x }) {
        setTimeout(() => { throw new Error('too late'); });
        return { y: x };
      }`),
    );
    expect((await predict({ x: 1 })).status).toBe(200);
    expect(await exitCode).toBe(1);
    expect(log().at(-1)).toMatchObject({
      level: 'error',
      message: 'failed outside of a call: too late',
    });
  });

  it.each([
    ['export const answer = 42;', 'endpoint.ts must export predict'],
    ["import './none.ts'; export function predict() {}", 'none.ts'],
    [
      'export function predict( {',
      "endpoint.ts can't be imported: SyntaxError",
    ],
    [
      'enum Kind { A }\nexport function predict() {}',
      'TypeScript enum is not supported in strip-only mode',
    ],
    ['export const predict = 1;', 'exports predict, but it is no function'],
    [
      "export async function load() { throw new Error('no weights'); }\nexport function predict() {}",
      'no weights',
    ],
    [
      "export const predict = () => ({ y: 'one' });",
      'the answer does not fit the signature: outputs.y must be a number, not string',
    ],
  ])('is refused: %s', async (text, message) => {
    const reason = await refusalOf(code(text, { example: { x: 1 } }));
    expect(reason).toContain('cannot load the model: ');
    expect(reason).toContain(message);
  });

  it('is missed where the flavor is node', async () => {
    expect(
      await refusalOf({ flavor: 'node', signature: numbers, files: {} }),
    ).toContain('the version has none: name it under endpoint');
  });
});

describe('Node under its permission model', () => {
  it('keeps endpoint code from other files, processes, threads and native code', async () => {
    const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'other-system-'));
    fs.writeFileSync(path.join(outside, 'secret.txt'), 'of others');
    const tries: Record<string, string> = {
      write: `fs.writeFileSync(${JSON.stringify(`${outside}/new.txt`)}, 'x')`,
      read: `fs.readFileSync(${JSON.stringify(`${outside}/secret.txt`)})`,
      own: `fs.writeFileSync(context.files + '/endpoint.ts', 'x')`,
      link: `fs.symlinkSync(${JSON.stringify(outside)}, os.tmpdir() + '/link')`,
      environment: `fs.readFileSync('/proc/self/environ')`,
      process: `childProcess.execFileSync('/bin/true')`,
      thread: `new Worker('0', { eval: true })`,
      native: `process.dlopen({ exports: {} }, '/lib/none.node')`,
    };
    const confined = await serveModel(
      code(
        `import fs from 'node:fs';
import os from 'node:os';
import childProcess from 'node:child_process';
import { Worker } from 'node:worker_threads';

const tries = {
${Object.entries(tries)
  .map(([name, text]) => `  ${name}: context => ${text},`)
  .join('\n')}
  scratch: () => fs.writeFileSync(os.tmpdir() + '/mine.txt', 'x'),
};

export function predict(model, { x }, context) {
  try {
    tries[x](context);
    return { y: 'allowed' };
  } catch (error) {
    return { y: error.code };
  }
}`,
        {
          signature: {
            inputs: [{ name: 'x', type: 'string' }],
            outputs: [{ name: 'y', type: 'string' }],
          },
        },
      ),
    );
    for (const x of Object.keys(tries)) {
      const refused =
        x === 'native' ? 'ERR_DLOPEN_DISABLED' : 'ERR_ACCESS_DENIED';
      expect([x, await confined.outputs({ x })]).toEqual([x, { y: refused }]);
    }
    expect(await confined.outputs({ x: 'scratch' })).toEqual({ y: 'allowed' });
    expect(fs.readdirSync(outside)).toEqual(['secret.txt']);
    fs.rmSync(outside, { recursive: true });
  });
});
