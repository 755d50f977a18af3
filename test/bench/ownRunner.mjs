import fs from 'node:fs';
import path from 'node:path';
import { ensurePythonRuntime } from '../../scripts/lib/pythonRuntime.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { freePort } from '../services/freePort.mjs';
import { inferBody, inferLabels } from './anchors/servers.mjs';
import { ServedModels } from './ServedModels.mjs';

const SECRET = 'secret-of-this-bench';

/** The columns of a row, by name, as the model's developer describes them. */
const fieldsOf = width =>
  Array.from({ length: width }, (_, index) => ({
    name: `f${index}`,
    type: 'number',
    example: 1,
  }));

/** The Node runner with an ONNX file. */
export async function startNodeRunner(folder, model, width) {
  return await startRunner(folder, {
    model,
    width,
    file: `${model}.onnx`,
    flavor: 'onnx',
    name: 'Node runner',
    command: process.execPath,
    // As the host starts one that may use 512Mi, under Node's permission model.
    args: [
      '--max-semi-space-size=16',
      '--max-old-space-size=307',
      '--disable-warning=SecurityWarning',
      '--permission',
      '--allow-addons',
      `--allow-fs-read=${inRoot()}`,
      `--allow-fs-read=${folder}`,
      `--allow-fs-write=${folder}`,
      inRoot('packages/model-runner-node/bin/model-runner-node.js'),
    ],
  });
}

/** The Python runner with an estimator in joblib. */
export async function startPythonRunner(folder, model, width) {
  const { python, unavailable } = await ensurePythonRuntime({
    dataDir: inRoot('.cache', 'bench'),
  });
  if (unavailable) throw new Error(unavailable);
  return await startRunner(folder, {
    model,
    width,
    file: `${model}.joblib`,
    flavor: 'sklearn',
    name: 'Python runner',
    command: python,
    args: ['-m', 'model_runner'],
    env: { PYTHONPATH: inRoot('packages/model-runner-python') },
  });
}

/** A runner as the local host starts one, on a version that it laid out. */
async function startRunner(folder, options) {
  const { name, model, width, file, flavor, command, args, env } = options;
  const directory = fs.mkdtempSync(path.join(folder, `${flavor}-`));
  fs.mkdirSync(path.join(directory, 'model'));
  fs.copyFileSync(path.join(folder, file), path.join(directory, 'model', file));
  const inputs = fieldsOf(width);
  const manifest = {
    formatVersion: 1,
    model: {
      name: model,
      slug: model,
      system: 'bench',
      type: 'ml',
      description: 'For the bench.',
    },
    version: 1,
    flavor,
    files: [file],
    signature: { inputs, outputs: [{ name: 'label', type: 'integer' }] },
    example: Object.fromEntries(inputs.map(field => [field.name, 1])),
    metrics: [],
  };
  for (const [at, content] of [
    ['model.json', JSON.stringify(manifest)],
    ['openapi.json', '{"openapi":"3.1.0"}'],
    ['docs.html', '<!doctype html>'],
  ])
    fs.writeFileSync(path.join(directory, at), content);
  const port = await freePort();
  const headers = { 'x-model-runner-secret': SECRET };
  const named = row => Object.fromEntries(row.map((v, i) => [`f${i}`, v]));
  return await ServedModels.start({
    name,
    command,
    args,
    env: {
      PATH: process.env.PATH,
      ...env,
      MODEL_DIR: directory,
      HOST: '127.0.0.1',
      PORT: String(port),
      RUNNER_SECRET: SECRET,
      MODEL_ENDPOINT: model,
      MODEL_VARIANT: 'main',
      MODEL_REVISION: '1',
      MODEL_ENVIRONMENT: 'bench',
    },
    url: `http://127.0.0.1:${port}`,
    ready: '/v2/health/ready',
    call: (_, rows, way = 'infer') => ({
      method: 'POST',
      headers,
      ...(way === 'infer'
        ? {
            path: `/${model}/v2/models/${model}/infer`,
            body: inferBody(rows, flavor === 'onnx' ? 'FP32' : 'FP64'),
            labels: inferLabels,
          }
        : {
            path: `/${model}/predict`,
            body: { inputs: rows.map(named) },
            labels: ({ outputs }) => outputs.map(({ label }) => label),
          }),
    }),
  });
}
