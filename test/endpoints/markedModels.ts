import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from '../platform/Platform';
import { Marks } from './Marks';

type Inputs = Record<string, unknown>;
type Make = (marks: Marks) => Inputs;

/** A model of one kind, how it is called with marks, and how it fails. */
export interface MarkedModel {
  name: string;
  runtime: 'node' | 'python';
  manifest: Record<string, unknown>;
  /** Files of the version: paths of files to copy, or texts. */
  files: Record<string, { copyOf: string } | string>;
  /** Inputs that the signature takes. */
  inputs: Make;
  /** Inputs that fit the signature, but not the model. */
  refused?: Record<string, Make>;
  /** Inputs on which it fails, by what it does then. */
  failing?: Record<string, Make>;
  /** Python packages that it needs beside those that every runner has. */
  requirements?: string;
  /** Whether it answers piece by piece, too. */
  streams?: boolean;
  /** How it fails so that its process ends. */
  ending?: Record<string, Make>;
}

const inRoot = (...parts: string[]) => ({ copyOf: path.join(root, ...parts) });

function example(name: string) {
  const folder = path.join(root, 'examples', name);
  return parse(fs.readFileSync(path.join(folder, 'model.yaml'), 'utf8'));
}

const people = {
  inputs: [
    { name: 'name', type: 'string' },
    { name: 'amount', type: 'number' },
    { name: 'notes', type: 'string', shape: [-1], default: [] },
    { name: 'profile', type: 'object', optional: true },
    { name: 'picture', type: 'bytes', optional: true },
    { name: 'how', type: 'string', default: '' },
  ],
  outputs: [{ name: 'y', type: 'number' }],
};

const person =
  (how: string): Make =>
  marks => ({
    name: marks.text(`name, ${how}`),
    amount: marks.number(`amount, ${how}`) + 0.25,
    notes: [
      marks.text(`a note, ${how}`),
      `${marks.text('1')}\n${marks.text('2')}`,
    ],
    profile: { [marks.text(`a member, ${how}`)]: marks.text(`within, ${how}`) },
    picture: Buffer.from(marks.text(`bytes, ${how}`)).toString('base64'),
    how,
  });

const metrics = [{ name: 'seen_total', type: 'counter', labels: ['who'] }];

const PYTHON = `
import ctypes, json, logging, os, sys, threading, traceback, warnings

def predict(model, inputs, context):
    name, how = inputs["name"], inputs["how"]
    context.metrics.counter("seen_total", who=name).inc()
    if how == "prt":
        print(inputs, name, file=sys.stderr)
        print(json.dumps({**inputs, "picture": str(inputs["picture"])}), inputs["amount"])
        print(*inputs["notes"])
        sys.__stdout__.write(name + "\\n")
        os.write(1, (name + "\\n").encode())
        ctypes.CDLL(None).puts(name.encode()); ctypes.CDLL(None).fflush(None)
        logging.getLogger().error("for %s", name)
        warnings.warn(name)
        context.logger.info("facts", **{"who": inputs, "amount": inputs["amount"]})
        try: int(name)
        except ValueError: traceback.print_exc(); context.logger.exception("no number")
    if how == "key": return {}[name]
    if how == "num": return float(name)
    if how == "rse": raise ValueError(inputs)
    if how == "chn":
        try: json.loads(name)
        except ValueError as error: raise RuntimeError(inputs["notes"]) from error
    if how == "sys": sys.exit(name)
    if how == "out": return {"y": name}
    if how == "thd":
        def late(): raise ValueError(name)
        thread = threading.Thread(target=late); thread.start(); thread.join()
    if how == "end": print("bye " + name, end=""); sys.stdout.flush(); os._exit(1)
    if how == "abt": print(name); os.abort()
    if how == "seg": print(name); ctypes.string_at(0)
    return {"y": 1}
`;

const NODE = `
export async function predict(model, inputs, { metrics, logger }) {
  const { name, how } = inputs;
  metrics.counter('seen_total', { who: name }).inc();
  if (how === 'prt') {
    console.log(inputs, name); console.error(JSON.stringify(inputs)); console.table([inputs]); console.trace(name);
    process.stdout.write(name + '\\n'); process.stderr.write(name); process.emitWarning(name);
    logger.info('facts', { inputs, [name]: name, error: new Error(name) });
    setTimeout(() => console.log('later', name), 1);
  }
  if (how === 'key') return {}[name].length;
  if (how === 'num') return { y: BigInt(name) };
  if (how === 'rse') throw new Error(JSON.stringify(inputs));
  if (how === 'chn') { try { JSON.parse(name); } catch (error) { throw new TypeError(String(inputs.notes), { cause: error }); } }
  if (how === 'txt') throw name;
  if (how === 'out') return { y: name };
  if (how === 'agg') throw new AggregateError([new Error(name)], name);
  if (how === 'end') { console.log('bye', name); process.exit(1); }
  if (how === 'abt') { console.log(name); process.abort(); }
  if (how === 'lat') { setTimeout(() => { throw new Error(name); }); await new Promise(() => {}); }
  if (how === 'rej') { Promise.reject(new Error(name)); await new Promise(() => {}); }
  return { y: 1 };
}
`;

const MINIZINC = `
int: hours;
string: label;
array[int] of int: takes;
var 0..10: taken;
constraint assert(takes[1] < 5, "too many hours: \\(hours) for \\(label)");
constraint taken * takes[1] <= hours;
solve maximize taken;
`;

const DMN = `<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://d">
<inputData id="i0" name="name"/>
<decision id="answer" name="answer">
<informationRequirement><requiredInput href="#i0"/></informationRequirement>
<literalExpression><text>string length(name) + date(name).year</text></literalExpression>
</decision>
</definitions>`;

const flowerNames = [
  'sepal_length',
  'sepal_width',
  'petal_length',
  'petal_width',
];

/** A model of the flowers of the command line's tests, of one format. */
function flowers(
  flavor: string,
  files: string[],
  output: { name: string; type: string; enum?: string[] },
  requirements: string,
): MarkedModel {
  return {
    name: `marked-${flavor}`,
    runtime: 'python',
    manifest: {
      flavor,
      signature: {
        inputs: flowerNames.map(name => ({ name, type: 'number' })),
        outputs: [output],
      },
    },
    files: Object.fromEntries(
      files.map(file => [
        path.basename(file),
        inRoot('test/cli/__fixtures__', file),
      ]),
    ),
    requirements,
    inputs: marks =>
      Object.fromEntries(
        flowerNames.map(name => [name, Number(`5.${marks.number(name)}`)]),
      ),
  };
}

const by = (...ways: string[]) =>
  Object.fromEntries(ways.map(how => [how, person(how)]));

const types = JSON.parse(
  fs.readFileSync(path.join(root, 'test/conformance/types.json'), 'utf8'),
);

/** A model of every kind that is served. */
export function markedModels(
  languageModelUrl: string,
  containerPort: number,
): MarkedModel[] {
  const ward = example('ward-staffing');
  const disease = example('disease-progression');
  return [
    {
      name: 'marked-onnx',
      runtime: 'node',
      manifest: { ...types, flavor: 'onnx' },
      files: { 'types.onnx': inRoot('test/conformance/types.onnx') },
      inputs: marks => ({
        ...types.example,
        words: [marks.text('a word'), marks.text('another word')],
        grid: [[1], [2]],
        picture: Buffer.from(marks.text('a picture')).toString('base64'),
      }),
    },
    {
      name: 'marked-sklearn',
      runtime: 'python',
      manifest: {
        flavor: 'sklearn',
        signature: {
          ...disease.signature,
          outputs: disease.signature.outputs.slice(0, 1),
        },
      },
      files: {
        'model.joblib': inRoot('examples/disease-progression/model.joblib'),
      },
      inputs: marks => ({
        ...disease.example,
        bmi: Number(`20.${marks.number('bmi')}`),
      }),
    },
    flowers(
      'pyfunc',
      ['mlflow-iris/MLmodel', 'mlflow-iris/model.pkl'],
      { name: 'species', type: 'integer' },
      'mlflow-skinny==3.17.2\npandas==3.1.1\nscikit-learn==1.9.1\n',
    ),
    flowers(
      'xgboost',
      ['iris.ubj'],
      {
        name: 'species',
        type: 'string',
        enum: ['setosa', 'versicolor', 'virginica'],
      },
      'xgboost-cpu==3.2.0\n',
    ),
    flowers(
      'lightgbm',
      ['setosa.lgb'],
      { name: 'is_setosa', type: 'boolean' },
      'lightgbm==4.7.0\n',
    ),
    {
      name: 'marked-python',
      runtime: 'python',
      manifest: {
        flavor: 'python',
        endpoint: 'endpoint.py',
        signature: people,
        metrics,
      },
      files: { 'endpoint.py': PYTHON },
      inputs: person('prt'),
      failing: by('key', 'num', 'rse', 'chn', 'sys', 'out'),
      ending: by('end', 'abt', 'seg'),
    },
    {
      name: 'marked-node',
      runtime: 'node',
      manifest: {
        flavor: 'node',
        endpoint: 'endpoint.mjs',
        signature: people,
        metrics,
      },
      files: { 'endpoint.mjs': NODE },
      inputs: person('prt'),
      failing: by('key', 'num', 'rse', 'chn', 'txt', 'out', 'agg'),
      ending: by('end', 'abt', 'lat', 'rej'),
    },
    {
      name: 'marked-prompt',
      runtime: 'node',
      streams: true,
      manifest: {
        flavor: 'prompt',
        signature: {
          inputs: [{ name: 'name', type: 'string' }],
          outputs: [{ name: 'answer', type: 'string', optional: true }],
        },
      },
      files: {
        'prompt.yaml':
          'messages:\n  - { role: user, content: "Greet {{name}}" }\n',
        '../language-model.json': JSON.stringify({
          protocol: 'openai',
          baseUrl: `${languageModelUrl}/v1`,
          model: 'marked',
          apiKey: 'key-of-this-test',
          retries: 0,
        }),
      },
      inputs: marks => ({ name: marks.text('in a prompt') }),
    },
    {
      name: 'marked-image',
      runtime: 'node',
      manifest: {
        flavor: 'image',
        image: {
          port: containerPort,
          model: 'marked',
          readyPath: '/v2/health/ready',
        },
        signature: {
          inputs: [
            { name: 'note', type: 'string' },
            { name: 'status', type: 'integer', default: 200 },
          ],
          outputs: [{ name: 'y', type: 'number' }],
        },
      },
      files: {},
      inputs: marks => ({ note: marks.text('a note for a container') }),
      refused: Object.fromEntries(
        [400, 422].map(status => [
          `answers ${status}`,
          marks => ({
            note: marks.text(`a note that is answered with ${status}`),
            status,
          }),
        ]),
      ),
      failing: {
        'answers 500': marks => ({
          note: marks.text('a note that is answered with 500'),
          status: 500,
        }),
      },
    },
    {
      name: 'marked-minizinc',
      runtime: 'node',
      manifest: {
        flavor: 'minizinc',
        model: { type: 'optimization' },
        signature: {
          inputs: [
            { name: 'hours', type: 'integer' },
            { name: 'label', type: 'string' },
            { name: 'takes', type: 'integer', shape: [-1] },
          ],
          outputs: [
            { name: 'status', type: 'string' },
            { name: 'taken', type: 'integer', optional: true },
          ],
        },
      },
      files: { 'model.mzn': MINIZINC },
      inputs: marks => ({
        hours: marks.number('hours'),
        label: marks.text('a label'),
        takes: [2],
      }),
      refused: {
        assertion: marks => ({
          hours: marks.number('hours of an assertion'),
          label: marks.text('a label of an assertion'),
          takes: [7],
        }),
      },
    },
    {
      name: 'marked-highs',
      runtime: 'node',
      manifest: {
        flavor: 'highs',
        model: { type: 'optimization' },
        signature: ward.signature,
        example: ward.example,
      },
      files: { 'staffing.lp': inRoot('examples/ward-staffing/staffing.lp') },
      inputs: marks => ({ ...ward.example, day_cost: marks.number('a cost') }),
    },
    {
      name: 'marked-dmn',
      runtime: 'node',
      manifest: {
        flavor: 'dmn',
        signature: {
          inputs: [{ name: 'name', type: 'string' }],
          outputs: [{ name: 'answer', type: 'string', optional: true }],
        },
      },
      files: { 'greeting.dmn': DMN },
      inputs: marks => ({ name: marks.text('in a decision') }),
    },
    {
      name: 'marked-bpmn',
      runtime: 'node',
      manifest: {
        flavor: 'bpmn',
        signature: {
          inputs: [
            { name: 'plants', type: 'integer' },
            { name: 'keeper', type: 'string', optional: true },
            { name: 'state', type: 'string', optional: true },
            { name: 'signal', type: 'string', optional: true },
          ],
          outputs: [
            { name: 'status', type: 'string' },
            { name: 'state', type: 'string', optional: true },
          ],
        },
      },
      files: {
        'loan.bpmn': inRoot(
          'packages/model-runner-node/src/flavors/bpmn/__fixtures__/loan.bpmn',
        ),
      },
      inputs: marks => ({ plants: 2, keeper: marks.text('a keeper') }),
      refused: {
        state: marks => ({
          plants: 2,
          state: marks.text('a state'),
          signal: marks.text('a signal'),
        }),
      },
    },
  ];
}
