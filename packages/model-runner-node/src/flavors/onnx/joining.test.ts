import { Agent } from 'node:http';
import { join } from 'node:path';
import { RunnerManifest } from '@model-platform/model-wire';
import {
  CONFORMANCE,
  readConformance,
} from '../../__testUtils__/conformanceCase';
import { buildRunner } from '../../__testUtils__/runModel';
import {
  Answer,
  endRunners,
  makeDirectory,
  StartedRunner,
  startReady,
  until,
} from '../../__testUtils__/startRunner';

jest.setTimeout(120_000);

const CALLS = 24;
const agent = new Agent({ keepAlive: true, maxSockets: CALLS });

beforeAll(buildRunner, 60_000);
afterAll(() => {
  agent.destroy();
  endRunners();
});

async function startModel(
  name: string,
  manifest: Pick<RunnerManifest, 'signature' | 'example' | 'batching'>,
  variables?: Record<string, string>,
): Promise<StartedRunner> {
  const file = `${name}.onnx`;
  return await startReady(
    makeDirectory(
      {
        ...readConformance('model.json'),
        ...manifest,
        flavor: 'onnx',
        files: [file],
      },
      [join(CONFORMANCE, file)],
    ),
    { MODEL_ENDPOINT: name, ...variables },
  );
}

const lookups = {
  signature: {
    inputs: [{ name: 'place', type: 'integer' as const }],
    outputs: [{ name: 'number', type: 'number' as const }],
  },
  example: { place: 0 },
};

async function metric(runner: StartedRunner, name: string): Promise<number> {
  const { text } = await runner.call('GET', '/metrics');
  const [, value] = new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)!;
  return Number(value);
}

const callSideBySide = (
  runner: StartedRunner,
  path: string,
  bodies: unknown[],
): Promise<Answer[]> =>
  Promise.all(
    bodies.map(body =>
      runner.call('POST', path, JSON.stringify(body), {}, agent),
    ),
  );

/** Calls again and again until some of the calls met, and looks at all answers. */
async function untilJoined(
  runner: StartedRunner,
  path: string,
  bodies: unknown[],
  look: (answers: Answer[]) => void,
) {
  for (let calls = 0; ; calls += bodies.length) {
    const predictions = await metric(runner, 'model_runner_batch_size_count');
    if (predictions < calls) return;
    expect(calls).toBeLessThan(100 * CALLS);
    look(await callSideBySide(runner, path, bodies));
  }
}

describe('calls that come side by side', () => {
  it('are one prediction, and each has its own answer or its own error', async () => {
    const runner = await startModel('lookups', lookups);
    const bodies = Array.from({ length: CALLS }, (_, index) => ({
      inputs: { place: index % 2 },
    }));
    await untilJoined(runner, '/predict', bodies, answers =>
      expect(answers.map(({ text }) => JSON.parse(text).outputs)).toEqual(
        bodies.map(({ inputs }) => ({ number: inputs.place ? 20 : 10 })),
      ),
    );

    const wrong = [
      ...bodies.slice(0, 7),
      { inputs: { place: 9 } },
      { inputs: [{ place: 1 }, { place: 0 }, { place: 2 }] },
      ...bodies.slice(9),
    ];
    for (let round = 0; round < 10; round += 1) {
      const answers = await callSideBySide(runner, '/predict', wrong);
      expect(answers.map(({ status }) => status)).toEqual(
        wrong.map((_, index) => (index === 7 ? 500 : 200)),
      );
      expect(JSON.parse(answers[8].text).outputs).toEqual([
        { number: 20 },
        { number: 10 },
        { number: null },
      ]);
      expect(JSON.parse(answers[9].text).outputs).toEqual({ number: 20 });
    }
    const failures = () =>
      runner.log().filter(({ message }) => message === 'the model failed');
    // Lines may come later than the answers.
    await until(() => failures().length >= 10);
    expect(failures()).toHaveLength(10);
    expect(await metric(runner, 'model_runner_queue_depth')).toBe(0);
  });

  it('are joined in tensors of every type', async () => {
    const manifest = readConformance('model.json');
    const runner = await startModel('echo', manifest);
    const bodies = Array.from({ length: CALLS }, (_, index) => ({
      inputs: [
        { name: 'amount', datatype: 'FP64', shape: [1, 1], data: [index / 8] },
        { name: 'count', datatype: 'INT64', shape: [1, 1], data: [index % 10] },
        { name: 'kind', datatype: 'BYTES', shape: [1, 1], data: ['a'] },
        { name: 'flag', datatype: 'BOOL', shape: [1, 1], data: [index > 9] },
        { name: 'ratio', datatype: 'FP64', shape: [1, 1], data: [0.5] },
        {
          name: 'vector',
          datatype: 'FP64',
          shape: [1, 3],
          data: [index, 1, 2],
        },
      ],
    }));
    await untilJoined(runner, '/v2/models/echo/infer', bodies, answers =>
      expect(
        answers.map(({ text }) =>
          JSON.parse(text).outputs?.map(({ data }: { data: unknown }) => data),
        ),
      ).toEqual(bodies.map(({ inputs }) => inputs.map(({ data }) => data))),
    );
  });

  it('are told apart where the model answers no lines', async () => {
    const runner = await startModel('total', {
      signature: {
        inputs: [{ name: 'part', type: 'number' }],
        outputs: [{ name: 'sum', type: 'number' }],
      },
      example: { part: 1 },
    });
    const bodies = Array.from({ length: CALLS }, (_, part) => ({
      inputs: { part },
    }));
    for (let round = 0; round < 10; round += 1) {
      const answers = await callSideBySide(runner, '/predict', bodies);
      expect(answers.map(({ text }) => JSON.parse(text).outputs)).toEqual(
        bodies.map(({ inputs }) => ({ sum: inputs.part })),
      );
    }
  });

  it('are not joined where that is said, and wait for others where it is', async () => {
    const bodies = Array.from({ length: CALLS }, () => ({
      inputs: { place: 1 },
    }));
    const alone = await startModel('lookups', lookups, { BATCH_MAX_ROWS: '1' });
    const patient = await startModel('lookups', lookups, {
      BATCH_MAX_ROWS: '8',
      BATCH_MAX_DELAY_MS: '20',
    });
    const look = (answers: Answer[]) =>
      expect(answers.map(({ text }) => JSON.parse(text).outputs)).toEqual(
        bodies.map(() => ({ number: 20 })),
      );
    const byVersion = await startModel('lookups', {
      ...lookups,
      batching: false,
    });
    const counted = 'model_runner_batch_size_count';
    for (const runner of [alone, byVersion]) {
      look(await callSideBySide(runner, '/predict', bodies));
      expect(await metric(runner, counted)).toBe(CALLS);
    }
    await untilJoined(patient, '/predict', bodies, look);
    const sum = await metric(patient, 'model_runner_batch_size_sum');
    expect(sum % CALLS).toBe(0);
  });
});
