import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, Platform, root } from '../platform/Platform';
import { editModel } from '../platform/modelFolder';
import { LanguageModelServer } from '../../packages/model-runner-node/src/__testUtils__/LanguageModelServer';

const KEY = 'key-of-the-language-model-5b1e';
const MARK = 'marked-pq7z';

test.describe.serial('prompts', () => {
  let server: LanguageModelServer;
  let platform: Platform;
  let configuration: string;

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    server = await LanguageModelServer.start(KEY);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompts-'));
    configuration = path.join(folder, 'app-config.yaml');
    const settings = {
      model: 'small-1',
      apiKey: '${TEST_LANGUAGE_MODEL_KEY}',
      systems: ['plant-catalogue'],
      prices: {
        currency: 'EUR',
        inputPerMillionTokens: 2_000_000,
        outputPerMillionTokens: 2_000_000,
      },
    };
    fs.writeFileSync(
      configuration,
      JSON.stringify({
        modelPlatform: {
          environments: [
            {
              name: 'local',
              languageModels: [
                {
                  ...settings,
                  protocol: 'anthropic',
                  baseUrl: server.url,
                  models: ['plant-doctor'],
                },
                {
                  ...settings,
                  protocol: 'openai',
                  baseUrl: `${server.url}/v1`,
                },
              ],
            },
            { name: 'bare' },
          ],
        },
      }),
    );
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: configuration,
      TEST_LANGUAGE_MODEL_KEY: KEY,
    });
    await platform.start();
  });

  test.afterAll(async () => {
    await platform?.destroy();
    await server?.stop();
  });

  test.beforeEach(() => server.reset());

  async function run(...args: string[]) {
    const { code, stdout, stderr } = await platform.cli([...args, '--json']);
    expect(code, `${stdout}${stderr}`).toBe(0);
  }

  /** Of a model without a folder, or to another environment. */
  async function deploy(name: string, environment: string) {
    const response = await platform.api(`v1/deployments/${name}`, {
      method: 'PUT',
      body: JSON.stringify({
        apiVersion: 'model-platform.io/v1alpha1',
        kind: 'ModelDeployment',
        metadata: { name },
        spec: {
          owner: 'group:default/botany-ml',
          system: 'plant-catalogue',
          environment,
          model: `model:default/${name}`,
          strategy: { type: 'single' },
        },
      }),
    });
    expect(response.ok, await response.text()).toBe(true);
  }

  /** What calls an endpoint as an application does. */
  async function endpoint(name: string) {
    const { token } = await (
      await platform.api(`v1/endpoints/${name}/tokens`, {
        method: 'POST',
        body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
        token: await platform.signIn('mira'),
      })
    ).json();
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    };
    const url = `${platform.quickstart.gatewayUrl}/${name}`;
    const post = async (route: string, body: unknown, signal?: AbortSignal) =>
      await fetch(`${url}/${route}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal,
      });
    const document = await eventually('the new token is known', async () => {
      const response = await fetch(`${url}/openapi.json`, { headers });
      return response.ok && (await response.json());
    });
    return { post, document };
  }

  /** A folder with the files that the documentation shows. */
  function documented() {
    const text = fs.readFileSync(path.join(root, 'docs/prompts.md'), 'utf8');
    const [prompt, model] = [...text.matchAll(/\n```yaml\n([^]*?)```/g)];
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'first-weeks-'));
    fs.writeFileSync(path.join(folder, 'prompt.yaml'), prompt[1]);
    fs.writeFileSync(path.join(folder, 'model.yaml'), model[1]);
    return folder;
  }

  test('the example plant-doctor answers by its schema', async () => {
    await run('publish', 'examples/plant-doctor');
    await run('deploy', 'examples/plant-doctor');
    const { post, document } = await endpoint('plant-doctor');
    const answer = {
      likely_cause: 'dry air',
      confidence: 'medium',
      steps: ['Mist the leaves.', 'Move it from the heating.'],
      ask_a_gardener: false,
    };
    server.next({ text: JSON.stringify(answer) });
    const inputs = {
      plant: 'Boston fern',
      symptoms: ['brown tips', 'drops leaves'],
      light: 'shade',
    };
    const response = await post('predict', { inputs });
    expect(response.status).toBe(200);
    const body = await response.json();
    expect(body.model).toEqual({
      name: 'plant-doctor',
      version: 1,
      variant: 'main',
    });
    expect(body.outputs).toEqual({
      ...answer,
      completed: true,
      rendered: null,
      usage: {
        inputTokens: expect.any(Number),
        outputTokens: expect.any(Number),
      },
    });
    const [asked] = server.requests;
    expect(asked).toMatchObject({
      protocol: 'anthropic',
      headers: { 'x-api-key': KEY },
      body: { model: 'small-1', max_tokens: 600, temperature: 0.2 },
    });
    expect(asked.body.system).toContain('- Name one cause');
    expect(asked.body.messages[0].content).toContain(
      'Place: indoors, shade\nWatered every 7 days.\nWhat is seen:\n- brown tips\n- drops leaves\n',
    );
    expect(document.components.schemas.Outputs.required).toContain('completed');
    expect(
      document.components.schemas.PredictRequest.properties.stream,
    ).toMatchObject({ type: 'boolean' });

    const wrong = await post('predict', { inputs: { plant: 3 } });
    expect(wrong.status).toBe(400);
    expect((await wrong.json()).error.fields).toEqual([
      { path: 'inputs.plant', message: 'must be a string, not number' },
      { path: 'inputs.symptoms', message: 'is missing' },
    ]);

    server.next({ text: '{}' }, { text: '{"likely_cause": 4}' });
    const unfit = await post('predict', { inputs });
    expect(unfit.status).toBe(502);
    expect((await unfit.json()).error.fields).toContainEqual({
      path: 'answer.likely_cause',
      message: 'must be string',
    });

    const infer = await post('v2/models/plant-doctor/infer', {
      inputs: [
        { name: 'plant', datatype: 'BYTES', shape: [1, 1], data: ['fern'] },
        { name: 'symptoms', datatype: 'BYTES', shape: [1, 1], data: ['rot'] },
        { name: 'indoor', datatype: 'BOOL', shape: [1, 1], data: [true] },
        { name: 'watering_days', datatype: 'INT64', shape: [1, 1], data: [2] },
      ],
      outputs: [{ name: 'ask_a_gardener' }],
    });
    expect(await infer.json()).toMatchObject({
      model_name: 'plant-doctor',
      outputs: [{ datatype: 'BOOL', data: [true] }],
    });
  });

  test('the prompt that the documentation shows streams through the gateway', async () => {
    const folder = documented();
    await run('publish', folder);
    await run('deploy', folder);
    const { post } = await endpoint('first-weeks');
    const invoked = await platform.cli(['invoke', 'first-weeks', '--json']);
    expect(JSON.parse(invoked.stdout).outputs.answer).toBe(
      'You said: How do I care for Boston fern in its first 4 weeks?\n',
    );
    server.reset();

    let release = () => {};
    server.next({
      text: 'Keep it moist.',
      hold: new Promise(resolve => (release = resolve)),
    });
    const inputs = { plant: 'moss', pets: ['cat', 'bird'] };
    const response = await post('predict', { inputs, stream: true });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    // It comes while the server still waits.
    expect((await reader.read()).value).toBe(
      'event: delta\ndata: {"text":"Keep "}\n\n',
    );
    release();
    let rest = '';
    for (let next = await reader.read(); !next.done; next = await reader.read())
      rest += next.value;
    expect(rest).toContain(
      'event: outputs\ndata: {"outputs":{"answer":"Keep it moist."',
    );
    expect(server.requests[0]).toMatchObject({
      protocol: 'openai',
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(server.requests[0].body.messages[1].content).toBe(
      'How do I care for moss in its first 4 weeks?\nI have a cat.\nI have a bird.\n',
    );

    server.reset();
    server.next({ text: 'Keep it moist.', hold: new Promise(() => {}) });
    const leaving = new AbortController();
    const left = await post(
      'predict',
      { inputs, stream: true },
      leaving.signal,
    );
    await left.body!.getReader().read();
    leaving.abort();
    await eventually('the call is ended', () => server.requests[0].isCancelled);

    server.reset();
    server.next(
      { status: 429, headers: { 'retry-after': '0' } },
      { text: 'Now.' },
    );
    const retried = await (await post('predict', { inputs })).json();
    expect(retried.outputs.answer).toBe('Now.');
    server.next({ status: 429, headers: { 'retry-after': '90' } });
    const full = await post('predict', { inputs });
    expect([full.status, full.headers.get('retry-after')]).toEqual([429, '90']);
  });

  test('an environment without a language model answers the messages', async () => {
    const folder = documented();
    editModel(folder, model => {
      model.name = 'first-weeks-bare';
    });
    await run('publish', folder);
    await deploy('first-weeks-bare', 'bare');
    const { post } = await endpoint('first-weeks-bare');
    const body = await (
      await post('predict', { inputs: { plant: 'fern' } })
    ).json();
    expect(body.outputs).toEqual({
      answer: null,
      completed: false,
      rendered: [
        expect.objectContaining({ role: 'system' }),
        {
          role: 'user',
          content: 'How do I care for fern in its first 4 weeks?\n',
        },
      ],
      usage: null,
    });
    expect(server.requests).toEqual([]);
  });

  test('a prompt that MLflow registers is served', async () => {
    const mlflow = async (route: string, body: object) => {
      const response = await platform.api(`mlflow/api/2.0/mlflow/${route}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(response.ok, await response.clone().text()).toBe(true);
      return await response.json();
    };
    const tags = Object.entries({
      'mlflow.prompt.is_prompt': 'true',
      'metadata.owner': 'group:default/botany-ml',
      'metadata.system': 'plant-catalogue',
    }).map(([key, value]) => ({ key, value }));
    await mlflow('registered-models/create', { name: 'greeting', tags });
    const { model_version: version } = await mlflow('model-versions/create', {
      name: 'greeting',
      source: 'dummy-source',
      tags: Object.entries({
        'mlflow.prompt.is_prompt': 'true',
        'mlflow.prompt.text': 'Greet {{ name }} & friends',
        _mlflow_prompt_type: 'text',
        'metadata.description': 'Greets visitors',
        'metadata.purpose': 'Greets visitors at the door',
        'metadata.audience': 'Visitors',
        'metadata.method': 'A prompt',
        'metadata.data': JSON.stringify({
          sources: ['Written by hand'],
          personalData: 'none',
          period: 'not applicable',
        }),
        'metadata.theme': 'visitors',
        'metadata.risk': 'minimal',
        'metadata.modelFamily': 'any',
        'metadata.language': 'en',
      }).map(([key, value]) => ({ key, value })),
    });
    expect(version.status, version.status_message).toBe('READY');
    await deploy('greeting', 'local');
    const { post } = await endpoint('greeting');
    const body = await (
      await post('predict', { inputs: { name: '<Ada>' } })
    ).json();
    expect(body.outputs).toMatchObject({
      answer: 'You said: Greet <Ada> & friends',
      completed: true,
    });
  });

  test('the key is where it must be, and what callers send is nowhere', async () => {
    const { post } = await endpoint('first-weeks');
    server.next(
      { text: `About ${MARK}.` },
      { status: 400, body: { error: { message: MARK } } },
    );
    for (const status of [200, 502]) {
      const response = await post('predict', { inputs: { plant: MARK } });
      expect(response.status).toBe(status);
    }
    await post('predict', { inputs: { plant: 4, [MARK]: MARK } });
    await eventually('tokens and costs are collected', async () => {
      const { custom } = await (
        await platform.api('v1/models/first-weeks/metrics?range=1h')
      ).json();
      return [
        'gen_ai_client_token_usage_sum',
        'gen_ai_client_cost_eur_total',
      ].every(metric =>
        custom.some(
          ({ name, total }: any) => name === metric && total.value > 0,
        ),
      );
    });

    const holders: string[] = [];
    for (const entry of fs.readdirSync(platform.dataDir, {
      recursive: true,
      withFileTypes: true,
    })) {
      const file = path.join(entry.parentPath, entry.name);
      // What is written anew goes and comes under other names meanwhile.
      if (!entry.isFile() || !fs.existsSync(file)) continue;
      const content = fs.readFileSync(file);
      if (content.includes(KEY)) holders.push(file);
      expect(content.includes(MARK), file).toBe(false);
    }
    expect(
      holders.map(file => path.relative(platform.dataDir, file)).sort(),
    ).toEqual([
      'runners/first-weeks/r1-main/language-model.json',
      'runners/greeting/r1-main/language-model.json',
      'runners/plant-doctor/r1-main/language-model.json',
    ]);
    for (const file of holders) {
      const { mode, gid } = fs.statSync(file);
      // The platform's, or with a group for the runners of one system alone.
      if (gid === process.getgid?.()) expect(mode & 0o777).toBe(0o600);
      else expect(mode & 0o777).toBe(0o640);
    }
    const pages = await Promise.all(
      ['v1/models/first-weeks/versions/1', 'v1/deployments/first-weeks'].map(
        async route => await (await platform.api(route)).text(),
      ),
    );
    expect(pages.join()).not.toContain(KEY);
  });

  test('a new key reaches runners that go on', async () => {
    const { post } = await endpoint('first-weeks');
    const runner = async () =>
      (await (await platform.api('v1/deployments/first-weeks')).json())
        .runners[0].pid;
    const before = await runner();
    fs.writeFileSync(
      configuration,
      fs
        .readFileSync(configuration, 'utf8')
        .replaceAll('${TEST_LANGUAGE_MODEL_KEY}', 'another-key'),
    );
    process.kill(platform.quickstart.pids.portal, 'SIGKILL');
    await platform.ended();
    await platform.start();
    await eventually('the new key is sent', async () => {
      await post('predict', { inputs: { plant: 'fern' } });
      const { authorization } = server.requests.at(-1)!.headers;
      return authorization === 'Bearer another-key';
    });
    expect(await runner()).toBe(before);
  });
});
