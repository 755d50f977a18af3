import { once } from 'node:events';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { RunnerManifest } from '@model-platform/model-wire';
import {
  buildRunner,
  cleanUp,
  exampleModel,
  ModelUnderTest,
  refusalOf,
  RunningModel,
  serveModel,
  startModel,
} from '../../__testUtils__/runModel';

jest.setTimeout(120_000);

beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

/** Servers of the protocol in processes of their own, as containers are: runners of ONNX and of code. */
const portOf = ({ url }: RunningModel) => Number(new URL(url).port);

const imageOf = (
  port: number,
  signature: RunnerManifest['signature'],
  change: Partial<ModelUnderTest> & { model?: string } = {},
): ModelUnderTest => {
  const { model = 'own', ...rest } = change;
  return {
    flavor: 'image',
    signature,
    image: { port, model, readyPath: '/v2/health/ready' },
    files: {},
    ...rest,
  };
};

const count: RunnerManifest['signature'] = {
  inputs: [{ name: 'count', type: 'number' }],
  outputs: [{ name: 'doubled', type: 'number' }],
};

const server: ModelUnderTest = {
  flavor: 'node',
  slug: 'own',
  endpoint: 'endpoint.mjs',
  signature: {
    inputs: [{ name: 'count', type: 'number', maximum: 1000 }],
    outputs: [{ name: 'doubled', type: 'number', optional: true }],
  },
  files: {
    'endpoint.mjs': `
      export async function predict(_, { count }) {
        if (count === 13) throw new Error('unlucky 4711');
        if (count === 99) await new Promise(() => {});
        return { doubled: count === 404 ? null : count * 2 };
      }`,
  },
};

describe('image', () => {
  it('answers as the container does, by names and types of the signature', async () => {
    const iris = exampleModel('iris');
    const container = await serveModel(iris);
    const running = await serveModel(
      imageOf(portOf(container), iris.signature, {
        model: 'iris',
        slug: 'flowers',
        example: iris.example,
      }),
    );
    const lines = [iris.example, { ...iris.example, petal_length: 6.2 }];
    expect(await running.outputs(lines)).toEqual(
      await container.outputs(lines),
    );
    const given = iris.signature.inputs.map(({ name }) => ({
      ...{ name, datatype: 'FP64', shape: [1] },
      data: [iris.example![name]],
    }));
    const { body } = await running.call('POST', '/v2/models/flowers/infer', {
      id: 'mine',
      inputs: given,
    });
    const [label] = iris.signature.outputs;
    expect(body).toMatchObject({
      ...{ id: 'mine', model_name: 'flowers' },
      outputs: expect.arrayContaining([
        expect.objectContaining({
          name: label.name,
          data: [(await container.outputs(iris.example))[label.name]],
        }),
      ]),
    });
    // What does not fit never gets to the container.
    expect(await running.predict({ petal_length: 'long' })).toMatchObject({
      status: 400,
      body: { error: { fields: expect.any(Array) } },
    });
  });

  it('tells apart whose fault it is that there is no answer', async () => {
    const container = await serveModel(server);
    const running = await serveModel(imageOf(portOf(container), count));
    expect(await running.outputs([{ count: 1 }, { count: 2 }])).toEqual([
      { doubled: 2 },
      { doubled: 4 },
    ]);
    // The container's own bounds, in its own words.
    const refused = await running.predict({ count: 543210 });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('1000') } },
    });
    const failed = await running.predict({ count: 13 });
    expect(failed.status).toBe(500);
    expect(JSON.stringify(failed.body)).not.toMatch(/unlucky|4711/);
    const incomplete = await running.predict({ count: 404 });
    expect(incomplete.status).toBe(500);
    expect(JSON.stringify(running.log())).toContain(
      'does not fit the signature: outputs.doubled must not be null',
    );
    expect(JSON.stringify(running.log())).not.toMatch(
      /unlucky|\b(4711|543210)\b/,
    );
  });

  it('writes objects as JSON text, and reads them from it', async () => {
    const fields: RunnerManifest['signature'] = {
      inputs: [
        { name: 'profile', type: 'object' },
        { name: 'history', type: 'object', shape: [-1] },
      ],
      outputs: [{ name: 'seen', type: 'object' }],
    };
    const container = await serveModel({
      flavor: 'node',
      slug: 'own',
      endpoint: 'endpoint.mjs',
      signature: fields,
      files: {
        'endpoint.mjs': `
          export async function predict(_, { profile, history }) {
            return { seen: { age: profile.age, years: history.map(({ year }) => year) } };
          }`,
      },
    });
    const running = await serveModel(imageOf(portOf(container), fields));
    const of = (age: number, ...years: number[]) => ({
      profile: { age },
      history: years.map(year => ({ year })),
    });
    expect(await running.outputs([of(30, 1990, 2001), of(41, 7, 8)])).toEqual([
      { seen: { age: 30, years: [1990, 2001] } },
      { seen: { age: 41, years: [7, 8] } },
    ]);
  });

  it('passes on reasons of its container alone, and none of what was sent', async () => {
    const echo = createServer(async (request, response) => {
      const isInfer = request.url?.endsWith('/infer');
      const text = (await request.toArray()).join('');
      if (!isInfer) {
        response.end('{}');
        return;
      }
      const [how, note] = JSON.parse(text).inputs.map(
        ({ data }: { data: string[] }) => data[0],
      );
      const [status, form] = how.split(' ');
      const bodies: Record<string, unknown> = {
        error: { error: `no ${note}, nor ${note.slice(0, 20)}` },
        detail: { detail: [{ input: note }] },
        object: { error: { input: note } },
      };
      response.writeHead(Number(status));
      response.end(form === 'text' ? note : JSON.stringify(bodies[form]));
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    const note = 'a marked note that is nowhere else';
    try {
      const running = await serveModel(
        imageOf(port, {
          inputs: [
            { name: 'how', type: 'string' },
            { name: 'note', type: 'string' },
          ],
          outputs: count.outputs,
        }),
      );
      const answers = await Promise.all(
        ['400 error', '422 error', '422 detail', '400 object', '422 text'].map(
          how => running.predict({ how, note }),
        ),
      );
      expect(answers.map(({ body }) => body.error.message)).toEqual([
        'The model refuses the inputs: no «inputs.note», nor «inputs.note»',
        'The model refuses the inputs: no «inputs.note», nor «inputs.note»',
        'The model refuses the inputs (422).',
        'The model refuses the inputs (400).',
        'The model refuses the inputs (422).',
      ]);
      answers.push(await running.predict({ how: '500 error', note }));
      expect(answers.map(({ status }) => status)).toEqual([
        ...[400, 400, 400, 400, 400, 500],
      ]);
      expect(JSON.stringify([answers, running.log()])).not.toContain('marked');
    } finally {
      echo.closeAllConnections();
      echo.close();
    }
  });

  it('follows its container nowhere else, and does not take it for one that is away', async () => {
    const elsewhere = createServer((request, response) => {
      const isInfer = request.url?.endsWith('/infer');
      response.writeHead(isInfer ? 302 : 200, { location: '/other' });
      response.end('{}');
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    try {
      const running = await serveModel(imageOf(port, count));
      expect(await running.predict({ count: 1 })).toMatchObject({
        status: 500,
      });
      expect(JSON.stringify(running.log())).toContain(
        'The container answered 302',
      );
    } finally {
      elsewhere.closeAllConnections();
      elsewhere.close();
    }
  });

  it('gives up a call whose caller is gone, and serves others', async () => {
    const container = await serveModel(server);
    const running = await serveModel(imageOf(portOf(container), count));
    const leaving = new AbortController();
    const slow = fetch(`${running.url}/predict`, {
      method: 'POST',
      body: JSON.stringify({ inputs: { count: 99 } }),
      signal: leaving.signal,
    });
    await container.untilInFlight(1);
    expect(await running.outputs({ count: 4 })).toEqual({ doubled: 8 });
    leaving.abort();
    await expect(slow).rejects.toThrow();
    await running.untilInFlight(0);
  });

  it('waits for a container that starts late, and answers 503 while it is down', async () => {
    const first = await serveModel(server);
    const port = portOf(first);
    const end = async ({ child }: RunningModel) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    await end(first);
    const running = await startModel(imageOf(port, count));
    const statusOf = async (path: string) =>
      (await fetch(`${running.url}${path}`).catch(() => undefined))?.status;
    const until = async (path: string, status: number) => {
      while ((await statusOf(path)) !== status)
        await new Promise(done => setTimeout(done, 20));
    };
    await until('/v2/health/live', 200);
    expect(await statusOf('/v2/health/ready')).toBe(503);
    const second = await serveModel(server, { PORT: String(port) });
    await until('/v2/health/ready', 200);
    expect(await running.outputs({ count: 3 })).toEqual({ doubled: 6 });

    await end(second);
    const down = await fetch(`${running.url}/predict`, {
      method: 'POST',
      body: JSON.stringify({ inputs: { count: 3 } }),
    });
    expect(down.status).toBe(503);
    expect(down.headers.get('retry-after')).toBe('1');
    await serveModel(server, { PORT: String(port) });
    expect(await running.outputs({ count: 5 })).toEqual({ doubled: 10 });
  });

  it('refuses to start where container and signature do not go together', async () => {
    const port = portOf(await serveModel(server));
    expect(await refusalOf(imageOf(port, count, { model: 'other' }))).toContain(
      "The container has no model 'other'",
    );
    const signature = {
      ...count,
      inputs: ['a', 'b'].map(name => ({ name, type: 'string' as const })),
    };
    expect(await refusalOf(imageOf(port, signature))).toContain(
      "The signature's inputs (a, b) do not fit those of the container's model (count [-1,1])",
    );
  });
});
