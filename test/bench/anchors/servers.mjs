import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { freePort } from '../../services/freePort.mjs';
import { ensureMlflow } from '../../services/mlflow.mjs';
import { ensurePackages } from '../../services/pythonPackages.mjs';
import { ServedModels } from '../ServedModels.mjs';

const SCIKIT_LEARN = 'scikit-learn==1.9.1';
const script = name => inRoot('test/bench/anchors', name);
const json = body => ({ method: 'POST', body });

/** As the Open Inference Protocol has it: one tensor of rows. */
export function inferBody(rows, datatype) {
  const shape = [rows.length, rows[0].length];
  return { inputs: [{ name: 'row', datatype, shape, data: rows.flat() }] };
}

/** What the protocol's answer predicts for each row. */
export const inferLabels = ({ outputs: [{ data }] }) => data.flat();

/** Its newest runs with uvloop below 0.22 only; skl2onnx makes the models of the bench. */
const mlserverPrograms = () =>
  ensurePackages('mlserver-1.7.1', [
    'mlserver==1.7.1',
    'mlserver-sklearn==1.7.1',
    'onnxruntime',
    SCIKIT_LEARN,
    'skl2onnx',
    'uvloop<0.22',
  ]);

/** Of small classifiers, `iris` with 4 columns and `cancer` with 30; as joblib and as ONNX. */
export async function makeModels(folder) {
  const bin = await mlserverPrograms();
  await run(path.join(bin, 'python'), [script('make_models.py'), folder]);
}

/** MLServer without workers of its own, which is its fastest here. */
export async function startMlserver(folder, { models, suffix }) {
  const bin = await mlserverPrograms();
  const home = fs.mkdtempSync(path.join(folder, 'mlserver-'));
  const [http_port, grpc_port, metrics_port] = await Promise.all(
    Array.from({ length: 3 }, freePort),
  );
  const write = (name, settings) => {
    const file = path.join(home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(settings));
  };
  write('settings.json', {
    host: '127.0.0.1',
    parallel_workers: 0,
    http_port,
    grpc_port,
    metrics_port,
  });
  for (const model of models)
    write(`${model}/model-settings.json`, {
      name: model,
      implementation:
        suffix === 'onnx'
          ? 'onnx_model.OnnxModel'
          : 'mlserver_sklearn.SKLearnModel',
      parameters: { uri: path.join(folder, `${model}.${suffix}`) },
    });
  return await ServedModels.start({
    name: 'MLServer 1.7.1',
    command: path.join(bin, 'mlserver'),
    args: ['start', home],
    env: { ...process.env, PYTHONPATH: inRoot('test/bench/anchors') },
    url: `http://127.0.0.1:${http_port}`,
    ready: `/v2/models/${models[0]}/ready`,
    call: (model, rows) => ({
      path: `/v2/models/${model}/infer`,
      ...json(inferBody(rows, suffix === 'onnx' ? 'FP32' : 'FP64')),
      labels: inferLabels,
    }),
  });
}

/** KServe's server with what its sklearn server does. */
export async function startKserve(folder, { models }) {
  const bin = await ensurePackages('kserve-0.21.0', [
    'kserve==0.21.0',
    'joblib',
    SCIKIT_LEARN,
  ]);
  const port = await freePort();
  return await ServedModels.start({
    name: 'KServe 0.21.0',
    command: path.join(bin, 'python'),
    args: [script('kserve_server.py'), folder, String(port), ...models],
    env: process.env,
    url: `http://127.0.0.1:${port}`,
    ready: '/v2/health/ready',
    call: (model, rows) => ({
      path: `/v2/models/${model}/infer`,
      ...json(inferBody(rows, 'FP64')),
      labels: inferLabels,
    }),
  });
}

export async function startBentoml(folder) {
  const bin = await ensurePackages('bentoml-1.4.40', [
    'bentoml==1.4.40',
    'joblib',
    SCIKIT_LEARN,
  ]);
  const port = await freePort();
  return await ServedModels.start({
    name: 'BentoML 1.4.40',
    command: path.join(bin, 'bentoml'),
    args: [
      ...['serve', 'bentoml_service:Sklearn'],
      ...['--host', '127.0.0.1', '--port', String(port)],
    ],
    cwd: inRoot('test/bench/anchors'),
    env: {
      ...process.env,
      MODELS: folder,
      BENTOML_HOME: path.join(folder, 'bentoml'),
      BENTOML_DO_NOT_TRACK: 'true',
    },
    url: `http://127.0.0.1:${port}`,
    ready: '/readyz',
    call: (model, rows) => ({
      path: `/${model}`,
      ...json({ rows }),
      labels: predicted => predicted,
    }),
  });
}

/** `mlflow models serve`, of one model. */
export async function startMlflowServe(folder, model) {
  const bin = path.dirname(await ensureMlflow());
  const home = path.join(folder, `mlflow-${model}`);
  await run(path.join(bin, 'python'), [
    '-c',
    'import joblib, mlflow.sklearn, sys; mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2])',
    path.join(folder, `${model}.joblib`),
    home,
  ]);
  const port = await freePort();
  return await ServedModels.start({
    name: '`mlflow models serve` 3.17.2',
    command: path.join(bin, 'mlflow'),
    args: [
      ...['models', 'serve', '--model-uri', home, '--env-manager', 'local'],
      ...['--host', '127.0.0.1', '--port', String(port)],
    ],
    // It looks for its server's program there.
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    url: `http://127.0.0.1:${port}`,
    ready: '/ping',
    call: (_, rows) => ({
      path: '/invocations',
      ...json({ inputs: rows }),
      labels: ({ predictions }) => predictions,
    }),
  });
}
