import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { say } from '../../scripts/lib/progress.mjs';
import {
  makeModels,
  startBentoml,
  startKserve,
  startMlflowServe,
  startMlserver,
} from './anchors/servers.mjs';
import { load } from './load.mjs';
import { startNodeRunner, startPythonRunner } from './ownRunner.mjs';

const CALLS = Number(process.env.BENCH_CALLS ?? 3_000);
const WARM_UP = 300;
const BATCH = 100;
const WIDTHS = { iris: 4, cancer: 30 };

/**
 * Runners by themselves, without the gateway, beside the servers of other
 * projects with the same models. All of them stand idle while one is measured.
 */
export async function runnersBench() {
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-bench-'),
  );
  const started = [];
  const start = async starting => {
    const served = await starting;
    started.push(served);
    say(`${served.name}: ready after ${seconds(served.readyMs)}`);
    return served;
  };
  try {
    await makeModels(folder);
    const models = Object.keys(WIDTHS);
    const own = {};
    for (const model of models) {
      const width = WIDTHS[model];
      own[`${model}.onnx`] = await start(startNodeRunner(folder, model, width));
      own[`${model}.joblib`] = await start(
        startPythonRunner(folder, model, width),
      );
    }
    const onnx = await start(startMlserver(folder, { models, suffix: 'onnx' }));
    const sklearn = await start(
      startMlserver(folder, { models, suffix: 'joblib' }),
    );
    const kserve = await start(startKserve(folder, { models }));
    const bentoml = await start(startBentoml(folder));
    const mlflow = await start(startMlflowServe(folder, 'iris'));
    return [
      ...(await compare('ONNX iris 1×4', own['iris.onnx'], [
        [onnx, { c1: 5, c16: 5 }],
      ])),
      ...(await compare('sklearn iris 1×4', own['iris.joblib'], [
        [sklearn, { c1: 1.6, c16: 2 }],
        [mlflow, { c1: 10, c16: 10 }],
        [kserve, {}],
        [bentoml, {}],
      ])),
      ...(await compare(
        'ONNX batch of 100×30',
        own['cancer.onnx'],
        [[onnx, { c1: 2, c16: 2 }]],
        { model: 'cancer', rows: BATCH },
      )),
      ...(await compare(
        'sklearn batch of 100×30',
        own['cancer.joblib'],
        [
          [sklearn, { c1: 2, c16: 2 }],
          [kserve, {}],
          [bentoml, {}],
        ],
        { model: 'cancer', rows: BATCH },
      )),
      memory('sklearn runner', own['iris.joblib'], 150, [
        sklearn,
        kserve,
        bentoml,
        mlflow,
      ]),
      memory('ONNX runner', own['iris.onnx'], 120, [onnx]),
      ready('Python runner', own['iris.joblib'], 3_000, [
        sklearn,
        kserve,
        bentoml,
        mlflow,
      ]),
      ready('Node runner', own['iris.onnx'], 600, [onnx]),
    ];
  } finally {
    for (const served of started) await served.stop();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The protocol's call and the simple one, each beside the same of the others. */
async function compare(what, own, others, { model = 'iris', rows = 1 } = {}) {
  const width = WIDTHS[model];
  const given = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (__, column) => 1.5 + row / 8 + column / 4),
  );
  const table = [];
  for (const connections of [1, 16]) {
    const measure = (served, ...way) =>
      load(served.url, {
        call: () => served.call(model, given, ...way),
        calls: CALLS,
        connections,
        warmUp: WARM_UP,
      });
    const our = await measure(own);
    const simple = await measure(own, 'predict');
    for (const [other, reaches] of others) {
      const their = await measure(other);
      const c1 = connections === 1;
      const reach = reaches[`c${connections}`];
      const factor = c1 ? their.p50 / our.p50 : our.perSecond / their.perSecond;
      table.push({
        what: `${what}, c${connections}, ${c1 ? 'p50' : 'calls a second'}`,
        measured: `${figure(our)}; simple API ${figure(simple)}`,
        reach: reach ? `≥ ${reach}×` : 'printed',
        'compared to': `${other.name}: ${figure(their)}`,
        reached: reach
          ? `${factor >= reach ? 'yes' : 'NO'}, ${factor.toFixed(1)}×`
          : `${factor.toFixed(1)}×`,
      });
      say(Object.values(table.at(-1)).join(' | '));
    }
  }
  return table;
}

const memory = (what, own, reach, others) => ({
  what: `memory of a ${what} (PSS of all its processes)`,
  measured: `${own.memoryMb.toFixed(0)} MB`,
  reach: `≤ ${reach} MB`,
  'compared to': others
    .map(({ name, memoryMb }) => `${name}: ${memoryMb.toFixed(0)} MB`)
    .join(', '),
  reached: own.memoryMb <= reach ? 'yes' : 'NO',
});

const ready = (what, own, reachMs, others) => ({
  what: `${what}, start to ready`,
  measured: seconds(own.readyMs),
  reach: `≤ ${seconds(reachMs)}`,
  'compared to': others
    .map(({ name, readyMs }) => `${name}: ${seconds(readyMs)}`)
    .join(', '),
  reached: own.readyMs <= reachMs ? 'yes' : 'NO',
});

const seconds = ms => `${(ms / 1000).toFixed(2)} s`;

const figure = ({ p50, p99, perSecond }) =>
  `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${perSecond.toFixed(
    0,
  )}/s`;
