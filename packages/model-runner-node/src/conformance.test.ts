import { join } from 'node:path';
import {
  CONFORMANCE,
  ConformanceCase,
  readConformance,
  sentOf,
  splitAnswer,
  wantedOf,
} from './__testUtils__/conformanceCase';
import { buildRunner } from './__testUtils__/runModel';
import {
  endRunners,
  makeDirectory,
  StartedRunner,
  startReady,
} from './__testUtils__/startRunner';

jest.setTimeout(120_000);

/** Cases by the model that answers them. */
const suites = [
  {
    model: 'echo',
    manifest: readConformance('model.json'),
    files: ['cases.json', 'tensorCases.json', 'scoringCases.json'],
  },
  {
    model: 'types',
    manifest: readConformance('types.json'),
    files: ['typeCases.json'],
  },
  {
    model: 'objects',
    manifest: readConformance('objects.json'),
    files: ['objectCases.json'],
    // ONNX has no objects that hold anything.
    endpoint: 'endpoint.mjs',
  },
];
const echoManifest = suites[0].manifest;

beforeAll(buildRunner, 60_000);
afterAll(endRunners);

describe.each(suites)('what every runner answers: $model', suite => {
  const { model, manifest, files, endpoint } = suite;
  let runner: StartedRunner;

  beforeAll(async () => {
    const file = endpoint ?? `${model}.onnx`;
    const served = { flavor: endpoint ? 'node' : 'onnx', endpoint };
    runner = await startReady(
      makeDirectory({ ...manifest, ...served, files: [file] }, [
        join(CONFORMANCE, file),
      ]),
      { MODEL_ENDPOINT: model },
    );
  });

  it.each(
    files
      .flatMap((file): ConformanceCase[] => readConformance(file))
      .map(each => [each.name, each] as const),
  )('%s', async (_name, each) => {
    const { request, response } = each;
    const { body, headers } = sentOf(each, manifest.example);
    const { method, path } = request;
    const answer = await runner.call(method, path, body, headers);
    const { json, binary } = splitAnswer(answer.bytes, answer.headers);
    expect({ status: answer.status, json }).toMatchObject({
      status: response.status,
    });
    expect(answer.headers).toMatchObject({
      'x-request-id': expect.any(String),
      'x-model-version': '3',
      'x-model-variant': 'main',
      ...response.headers,
    });
    expect(binary).toBe(response.binary ?? '');
    expect(json).toContain(response.text ?? '');
    const wanted = wantedOf(each, manifest);
    expect(open(wanted, wanted === '<any>' || JSON.parse(json))).toEqual(
      wanted,
    );
  });
});

describe('what no runner does', () => {
  let runner: StartedRunner;

  beforeAll(async () => {
    runner = await startReady(
      makeDirectory({ ...echoManifest, flavor: 'onnx', files: ['echo.onnx'] }, [
        join(CONFORMANCE, 'echo.onnx'),
      ]),
    );
  });

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
  });
});

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
