import path from 'node:path';
import { expect, test } from '@playwright/test';
import {
  endpointOpenApi,
  lineProblems,
  Signature,
} from '@model-platform/plugin-model-platform-common';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { root } from '../platform/Platform';
import { answerOne, forOnnx } from './answerOne';
import {
  anyLine,
  anySignature,
  areAlike,
  deep,
  isRectangular,
  isShallow,
} from './anySignature';
import { runnerPython } from './runnerPython';
import { StartedRunner } from './StartedRunner';
import { tensorsOf } from './tensorsOf';

const SIGNATURES = 8;
const ONNX_SIGNATURES = 2;
const LINES = 150;
/** The same requests each time; another number makes others. */
const seed = Number(process.env.SIGNATURE_SEED ?? '1');

const escapeXml = (text: string) =>
  text.replace(/[<>&"]/g, character => `&#${character.charCodeAt(0)};`);

/** Decides 1, whatever its inputs are. */
const decision = ({ inputs }: Signature) =>
  `<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://d">
${inputs
  .map(
    ({ name }, index) =>
      `<inputData id="i${index}" name="${escapeXml(name)}"/>`,
  )
  .join('\n')}
<decision id="answer" name="answer"><literalExpression><text>1</text></literalExpression></decision>
</definitions>`;

const NODE = [
  process.execPath,
  path.join(root, 'packages/model-runner-node/bin/model-runner-node.js'),
];
const INFER = '/v2/models/{model}/infer';

const manifestOf = (signature: Signature) => ({
  formatVersion: 1,
  model: { name: 'f', slug: 'f', system: 's', type: 't', description: '' },
  version: 1,
  signature,
  metrics: [],
});

const startOnnx = (signature: Signature) =>
  StartedRunner.start(
    NODE,
    { ...manifestOf(signature), flavor: 'onnx' },
    { 'model.onnx': answerOne(signature) },
  );

/** The signature as a model of either runtime that answers whatever it takes. */
async function startBoth(signature: Signature): Promise<StartedRunner[]> {
  const manifest = manifestOf(signature);
  return await Promise.all([
    StartedRunner.start(
      NODE,
      { ...manifest, flavor: 'dmn' },
      { 'model.dmn': decision(signature) },
    ),
    StartedRunner.start(
      [runnerPython(), '-m', 'model_runner'],
      { ...manifest, flavor: 'python', endpoint: 'endpoint.py' },
      {
        'endpoint.py':
          'def predict(model, inputs, context):\n    return {"answer": 1}\n',
      },
    ),
  ]);
}

/** By the endpoint's own OpenAPI document. */
function documentCheck(signature: Signature): (body: unknown) => boolean {
  // Names such as toString are asked for too.
  const ajv = new Ajv2020({ strict: false, ownProperties: true });
  addFormats(ajv);
  const document = endpointOpenApi({
    endpoint: 'fuzz',
    model: { name: 'f', description: '', type: 't' },
    version: 1,
    signature,
  });
  ajv.addSchema(document, 'endpoint');
  return body =>
    ajv.validate(
      { $ref: 'endpoint#/components/schemas/PredictRequest' },
      body,
    ) === true;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

test.describe('any signature and any line', () => {
  const signatures = fc.sample(anySignature, {
    numRuns: SIGNATURES + ONNX_SIGNATURES,
    seed,
  });
  for (const [number, any] of signatures.entries()) {
    const isOnnx = number >= SIGNATURES;
    const signature = isOnnx ? forOnnx(any) : any;
    test(`both runtimes take what signature ${number} says and nothing else`, async ({}, testInfo) => {
      testInfo.annotations.push({
        type: 'signature',
        description: JSON.stringify(signature),
      });
      const runners = await startBoth(signature);
      if (isOnnx) runners.push(await startOnnx(signature));
      const isTaken = documentCheck(signature);
      const counts = { taken: 0, refused: 0, tensors: 0 };
      try {
        await fc.assert(
          fc.asyncProperty(anyLine(signature), async inputs => {
            const body = JSON.stringify({ inputs });
            // As it arrives: JSON has no undefined and no -0.
            const arrived = JSON.parse(body);
            const lines = [arrived.inputs].flat();
            const wanted =
              isTaken(arrived) &&
              lines.every(
                line =>
                  isRectangular(signature, line) && isShallow(signature, line),
              )
                ? 200
                : 400;
            // Lines of one call are one tensor of ONNX.
            const wants = runners.map((_, index) =>
              index === 2 && wanted === 200 && !areAlike(signature, lines)
                ? 400
                : wanted,
            );
            if (isObject(arrived.inputs))
              expect(
                lineProblems(signature, arrived.inputs, 'inputs').length === 0,
              ).toBe(wanted === 200);
            const answers = await Promise.all(
              runners.map(runner => runner.post('/predict', body)),
            );
            expect(
              answers.map(({ status }) => status),
              answers.map(({ text }) => text).join('\n'),
            ).toEqual(wants);
            counts[wanted === 200 ? 'taken' : 'refused'] += 1;
            const tensors = tensorsOf(signature, arrived.inputs);
            if (tensors) {
              counts.tensors += 1;
              const request = JSON.stringify({ inputs: tensors });
              const inferred = await Promise.all(
                runners.map(runner => runner.post(INFER, request)),
              );
              expect(
                inferred.map(({ status }) => status),
                inferred.map(({ text }) => text).join('\n'),
              ).toEqual(wants);
            }
            if (wanted === 400) {
              const fields = answers.map(
                ({ text }) => JSON.parse(text).error.fields,
              );
              for (const told of fields) expect(told).toEqual(fields[0]);
              return;
            }
            const scored = await Promise.all(
              runners.map(runner =>
                runner.post(
                  '/invocations',
                  JSON.stringify({
                    dataframe_records: lines,
                  }),
                ),
              ),
            );
            expect(scored.map(({ status }) => status)).toEqual(wants);
          }),
          { numRuns: LINES, seed },
        );
        expect(runners.flatMap(runner => runner.failures())).toEqual([]);
        expect(counts.taken).toBeGreaterThan(LINES / 10);
        expect(counts.refused).toBeGreaterThan(LINES / 10);
        expect(counts.tensors).toBeGreaterThan(LINES / 10);
      } finally {
        await Promise.all(runners.map(runner => runner.stop()));
      }
    });
  }

  test('no request of any protocol, however wrong, is answered with a 5xx', async () => {
    const [signature] = fc.sample(anySignature, { numRuns: 1, seed: seed + 1 });
    const runners = await startBoth(signature);
    const names = signature.inputs.map(({ name }) => name);
    const tensor = fc.record(
      {
        name: fc.oneof(fc.constantFrom(...names), fc.jsonValue()),
        datatype: fc.oneof(
          fc.constantFrom('FP64', 'INT64', 'BOOL', 'BYTES', 'FP16', 'UINT8'),
          fc.jsonValue(),
        ),
        shape: fc.oneof(
          fc.array(fc.constantFrom(0, 1, 2, 3, 1e15), { maxLength: 3 }),
          fc.jsonValue(),
        ),
        data: fc.oneof(
          fc.array(fc.jsonValue({ maxDepth: 1 })),
          fc.jsonValue(),
          deep,
        ),
        parameters: fc.oneof(
          fc.record({ binary_data_size: fc.oneof(fc.nat(20), fc.jsonValue()) }),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: ['name', 'datatype', 'shape'] },
    );
    const infer = fc
      .record(
        {
          inputs: fc.oneof(fc.array(tensor, { maxLength: 3 }), fc.jsonValue()),
          outputs: fc.oneof(
            fc.constant([
              { name: 'answer', parameters: { binary_data: true } },
            ]),
            fc.jsonValue(),
          ),
          parameters: fc.oneof(fc.jsonValue(), deep),
          id: fc.jsonValue(),
        },
        { requiredKeys: ['inputs'] },
      )
      .map(body => JSON.stringify(body));
    const frame = fc.oneof(
      fc.record({
        columns: fc.oneof(fc.shuffledSubarray(names), fc.jsonValue()),
        data: fc.oneof(fc.array(fc.array(fc.jsonValue())), fc.jsonValue()),
      }),
      fc.jsonValue(),
      deep,
    );
    const scoring = fc
      .tuple(
        fc.constantFrom(
          'dataframe_split',
          'dataframe_records',
          'instances',
          'inputs',
        ),
        frame,
        fc.oneof(fc.jsonValue(), deep),
      )
      .map(([format, data, params]) =>
        JSON.stringify({ [format]: data, params }),
      );
    const bytes = fc
      .uint8Array({ maxLength: 40 })
      .map(array => Buffer.from(array));
    const request = fc.oneof(
      fc.tuple(infer, bytes, fc.boolean()).map(([json, tail, isSplit]) => ({
        path: INFER,
        body: Buffer.concat([Buffer.from(json), tail]),
        headers: {
          'inference-header-content-length': String(
            Buffer.byteLength(json) + (isSplit ? 0 : 3),
          ),
        },
      })),
      infer.map(body => ({
        path: INFER,
        body,
        headers: {},
      })),
      scoring.map(body => ({ path: '/invocations', body, headers: {} })),
      fc
        .tuple(
          fc.constantFrom('/predict', '/invocations'),
          fc.constantFrom(
            'text/csv',
            'multipart/form-data; boundary=b',
            'multipart/form-data',
            'application/json',
          ),
          fc.oneof(bytes, fc.string(), fc.constant('--b\r\n\r\n\r\n--b--')),
        )
        .map(([route, type, body]) => ({
          path: route,
          body,
          headers: { 'content-type': type },
        })),
    );
    try {
      await fc.assert(
        fc.asyncProperty(request, async ({ path: route, body, headers }) => {
          const answers = await Promise.all(
            runners.map(runner => runner.post(route, body, headers)),
          );
          for (const { status, text } of answers) {
            expect([200, 400, 413, 415], text).toContain(status);
            expect(JSON.parse(text)).toEqual(expect.any(Object));
          }
          expect(answers[1].status).toBe(answers[0].status);
        }),
        { numRuns: 600, seed },
      );
      expect(runners.flatMap(runner => runner.failures())).toEqual([]);
    } finally {
      await Promise.all(runners.map(runner => runner.stop()));
    }
  });
});
