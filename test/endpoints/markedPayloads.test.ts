import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { LanguageModelServer } from '../../packages/model-runner-node/src/__testUtils__/LanguageModelServer';
import {
  buildPrograms,
  TestPlatform,
} from '../../packages/model-host/src/testPlatform';
import { PythonEnvironments } from '../../packages/model-python/src/PythonEnvironments';
import { eventually, root } from '../platform/Platform';
import { EchoingContainer } from './EchoingContainer';
import { MarkedModel, markedModels } from './markedModels';
import { Marks } from './Marks';
import { runnerPython } from './runnerPython';

const TOKEN = 'mpe_marked_payloads';

interface Answer {
  status: number;
  text: string;
}

test.describe('what callers send', () => {
  const marks = new Marks();
  const platform = new TestPlatform();
  const stamp = path.join(os.tmpdir(), `marked-payloads-${process.pid}`);
  let languageModel: LanguageModelServer;
  let container: EchoingContainer;
  let models: MarkedModel[];
  let gatewayUrl: string;

  test.beforeAll(async () => {
    test.setTimeout(1_200_000);
    fs.writeFileSync(stamp, '');
    buildPrograms();
    languageModel = await LanguageModelServer.start('key-of-this-test');
    container = await EchoingContainer.start();
    models = markedModels(languageModel.url, container.port);
    const { gateway } = await platform.start({
      PYTHON_RUNNER: runnerPython(),
      DRAIN_TIMEOUT_MS: '500',
    });
    gatewayUrl = gateway.url;
    for (const model of models) await deploy(model);
  });

  test.afterAll(async () => {
    await languageModel.stop();
    await container.stop();
    await platform.stopHost();
    await platform.clean();
    fs.rmSync(stamp);
  });

  /** Of a model that needs packages of its own, made as the platform makes it. */
  async function interpreterOf({ name, requirements }: MarkedModel) {
    if (requirements === undefined) return undefined;
    const environments = new PythonEnvironments({
      folder: path.join(platform.dataDir, 'environments'),
      runnerLock: path.join(
        root,
        'packages/model-runner-python/requirements-runner.txt',
      ),
    });
    const folder = path.join(platform.dataDir, 'requirements', name);
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'requirements.txt');
    fs.writeFileSync(file, requirements);
    return await environments.ensure(await environments.lockOf(file));
  }

  async function deploy(model: MarkedModel) {
    const { name, runtime, manifest, files } = model;
    const directory = path.join(platform.dataDir, 'runners', name);
    fs.mkdirSync(path.join(directory, 'model'), { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      const target = path.join(directory, 'model', file);
      if (typeof content === 'string') fs.writeFileSync(target, content);
      else fs.copyFileSync(content.copyOf, target);
    }
    const whole = {
      formatVersion: 1,
      version: 1,
      metrics: [],
      ...manifest,
      model: {
        name,
        slug: name,
        system: 'tests',
        type: 'ml',
        description: '',
        ...Object(manifest.model),
      },
      files: Object.keys(files).filter(file => !file.startsWith('..')),
    };
    fs.writeFileSync(path.join(directory, 'model.json'), JSON.stringify(whole));
    const spec = platform.spec(name, 1, {
      id: idOf(name),
      runtime,
      directory,
      interpreter: await interpreterOf(model),
    });
    const route = `/v1/deployments/${name}`;
    await expectOk(
      platform.api('PUT', `${route}/runners`, { runners: [spec] }),
    );
    await ready(name);
    const plan = platform.plan([spec], {
      tokens: [
        {
          id: 'test',
          hash: createHash('sha256').update(TOKEN).digest('hex'),
          consumer: 'component:default/app',
        },
      ],
    });
    await expectOk(platform.api('PUT', `${route}/route`, plan));
  }

  const idOf = (name: string) => `${name}--r1-main-0`;

  async function expectOk(call: Promise<Response>) {
    const response = await call;
    expect(response.status, await response.text()).toBe(200);
  }

  /** Runners may take longer on a busy machine than those of the host's own tests. */
  async function ready(name: string) {
    return await eventually(
      `${name} is ready`,
      async () => {
        const runner = await platform.runner(idOf(name));
        return runner?.phase === 'ready' && runner;
      },
      120_000,
    );
  }

  /** The gateway hears of a new process a moment after that is ready. */
  async function reached(name: string) {
    const headers = { authorization: `Bearer ${TOKEN}` };
    await eventually(
      `calls reach ${name}`,
      async () =>
        (
          await fetch(`${gatewayUrl}/${name}/v2/health/ready`, { headers })
        ).ok,
    );
  }

  async function send(
    name: string,
    route: string,
    body: string | Buffer | FormData,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<Answer> {
    const response = await fetch(`${gatewayUrl}/${name}${route}`, {
      method: 'POST',
      body: body instanceof Buffer ? new Uint8Array(body) : body,
      headers: { ...headers, authorization: `Bearer ${TOKEN}` },
    });
    return { status: response.status, text: await response.text() };
  }

  const predict = (name: string, inputs: unknown) =>
    send(name, '/predict', JSON.stringify({ inputs }));

  const asEvents = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
  };

  /** A form that has the inputs, bytes as files. */
  function formOf({ manifest }: MarkedModel, inputs: Record<string, unknown>) {
    const form = new FormData();
    const { inputs: fields } = manifest.signature as {
      inputs: Array<{ name: string; type: string }>;
    };
    for (const { name, type } of fields) {
      const value = inputs[name];
      if (value === undefined) continue;
      if (type === 'bytes')
        form.set(
          name,
          new Blob([Buffer.from(String(value), 'base64')]),
          'a.png',
        );
      else
        form.set(
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        );
    }
    return form;
  }

  /** Calls that are refused: their answers repeat no values. */
  async function refusals(model: MarkedModel): Promise<Answer[]> {
    const { name } = model;
    const mark = (about: string) => marks.text(`${name}: ${about}`);
    const inputs = model.inputs(marks);
    const [first] = Object.keys(inputs);
    const infer = `/v2/models/${name}/infer`;
    const csv = { 'content-type': 'text/csv' };
    const tensor = (datatype: string, data: unknown[]) =>
      JSON.stringify({
        inputs: [{ name: first, datatype, shape: [data.length, 1], data }],
      });
    const wrongForm = new FormData();
    wrongForm.set(first, mark('twice'));
    wrongForm.append(first, mark('twice, again'));
    return [
      await predict(name, { ...inputs, [first]: { a: mark('an object') } }),
      await predict(name, { ...inputs, [first]: [mark('an array')] }),
      await predict(name, { ...inputs, unknown: mark('an unknown field') }),
      await predict(name, [inputs, mark('a line that is none')]),
      await predict(name, mark('no inputs')),
      await send(name, '/predict', `{"inputs": {"${first}": "${mark('cut')}`),
      await send(name, '/predict', mark('no JSON')),
      await send(name, infer, tensor('BYTES', [{ no: mark('no tensor') }])),
      await send(name, infer, tensor('FP64', [mark('a wrong datatype')])),
      await send(name, infer, `{"inputs": "${mark('no tensors')}"`),
      await send(name, infer, mark('binary'), {
        'inference-header-content-length': '900',
      }),
      await send(name, '/invocations', `{"inputs": "${mark('score')}`),
      await send(
        name,
        '/invocations',
        JSON.stringify({
          dataframe_split: { columns: ['none'], data: [[mark('a column')]] },
        }),
      ),
      await send(name, '/invocations', `none\n"${mark('a quote')}`, csv),
      await send(name, '/invocations', mark('a type'), {
        'content-type': 'text/plain',
      }),
      await send(name, '/predict', wrongForm, {}),
      await send(name, '/predict', `--x\r\n${mark('no form')}`, {
        'content-type': 'multipart/form-data; boundary=x',
      }),
      await send(name, '/predict', mark('too much').repeat(40_000)),
    ];
  }

  test('is found in no file, log, metric or error', async () => {
    test.setTimeout(900_000);
    const told: string[] = [];
    for (const model of models) {
      const { name } = model;
      await test.step(name, async () => {
        const inputs = () => model.inputs(marks);
        const valid = [
          await predict(name, inputs()),
          await predict(name, [inputs(), inputs()]),
          await send(name, '/predict', formOf(model, inputs()), {}),
          await send(
            name,
            '/invocations',
            JSON.stringify({ dataframe_records: [inputs()] }),
          ),
        ];
        if (model.streams) {
          const body = JSON.stringify({ inputs: inputs() });
          const streamed = await send(name, '/predict', body, asEvents);
          expect(streamed.text).toContain('event: ');
          valid.push(streamed);
        }
        expect
          .soft(valid.map(({ status, text }) => (status === 200 ? 200 : text)))
          .toEqual(valid.map(() => 200));
        const refused = await refusals(model);
        for (const make of Object.values(model.refused ?? {}))
          refused.push(await predict(name, make(marks)));
        for (const { status, text } of refused) {
          expect.soft(status, text).toBeGreaterThanOrEqual(400);
          expect.soft(status, text).toBeLessThan(500);
        }
        const failed: Answer[] = [];
        for (const make of Object.values(model.failing ?? {}))
          failed.push(await predict(name, make(marks)));
        for (const [how, make] of Object.entries(model.ending ?? {})) {
          const { restarts } = await ready(name);
          await reached(name);
          failed.push(await predict(name, make(marks)));
          await eventually(
            `${name} was started again after ${how}`,
            async () => (await ready(name)).restarts > restarts,
            120_000,
          );
        }
        for (const { status, text } of failed)
          expect.soft(status, text).toBeGreaterThanOrEqual(500);
        told.push(...[...refused, ...failed].map(({ text }) => text));
      });
    }
    languageModel.next(
      { status: 400, body: { error: { message: marks.text('refused') } } },
      { status: 500, body: { error: { message: marks.text('failed') } } },
      { raw: marks.text('no protocol') },
      { cut: marks.text('a cut answer') },
    );
    for (const _ of [1, 2, 3, 4]) {
      const { status, text } = await predict('marked-prompt', {
        name: marks.text('of a failing prompt'),
      });
      expect(status).toBeGreaterThanOrEqual(400);
      told.push(text);
    }

    // What was answered piece by piece until then is the model's own answer.
    languageModel.next({ cut: marks.text('a cut stream') });
    const cut = await send(
      'marked-prompt',
      '/predict',
      JSON.stringify({ inputs: { name: marks.text('of a cut stream') } }),
      asEvents,
    );
    expect(cut.text).toContain('event: error');
    told.push(cut.text.slice(cut.text.indexOf('event: error')));

    for (const text of told) expect.soft(marks.in(text), text).toEqual([]);
    const state = await platform.state();
    const exposed = [
      await metricsOf(`${state.gateway.adminUrl}/metrics`, {
        authorization: `Bearer ${state.gateway.metricsSecret}`,
      }),
    ];
    for (const { name } of models) {
      const { url, secret, pid } = await ready(name);
      // Nor would it be in a copy of the memory of one that crashes.
      expect(fs.readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(
        /Max core file size +0 +/,
      );
      exposed.push(
        await metricsOf(`${url}/metrics`, { 'x-model-runner-secret': secret! }),
      );
      const logs = await platform.api(
        'GET',
        `/v1/runners/${idOf(name)}/logs?tail=10000`,
      );
      exposed.push(await logs.text());
    }
    for (const text of [...exposed, platform.output, JSON.stringify(state)])
      expect.soft(marks.in(text)).toEqual([]);
    // The lines are there, and say what was left out of them.
    expect(exposed.join('')).toContain('«inputs.name»');
    expect(exposed.join('')).toContain('seen_total');
    const places = [platform.dataDir, os.tmpdir()];
    expect(marks.inFiles(places, stamp)).toEqual([]);
  });

  async function metricsOf(url: string, headers: Record<string, string>) {
    const response = await fetch(url, { headers });
    expect(response.status, url).toBe(200);
    return await response.text();
  }

  test('would be found where it is', () => {
    const mark = marks.text('planted');
    const planted: Record<string, string | Buffer> = {
      'logs/runners/planted.jsonl': JSON.stringify({ message: mark }),
      'host/scratch/planted': Buffer.from(`\0\0${mark}\0`),
      'host/planted.json': Buffer.from(`{"picture":"${mark}"}`).toString(
        'base64',
      ),
      'host/shifted.json': Buffer.from(`x${mark}`).toString('base64'),
      'host/further.json': Buffer.from(`xx${mark}`).toString('base64'),
      'host/planted.hex': Buffer.from(mark).toString('hex'),
    };
    for (const [name, content] of Object.entries(planted))
      fs.writeFileSync(path.join(platform.dataDir, name), content);
    const found = marks.inFiles([platform.dataDir], stamp);
    expect(
      found.map(([file]) => path.relative(platform.dataDir, file)).sort(),
    ).toEqual(Object.keys(planted).sort());
  });
});
