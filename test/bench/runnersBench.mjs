import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildPrograms } from '../../scripts/lib/build.mjs';
import { exclusively } from '../../scripts/lib/exclusively.mjs';
import { say } from '../../scripts/lib/progress.mjs';
import {
  makeModels,
  startBentoml,
  startKserve,
  startMlflowServe,
  startMlserver,
} from './anchors/servers.mjs';
import { quantile } from './BenchPlatform.mjs';
import { requestBytes } from './httpExchange.mjs';
import { ask } from './KeptConnection.mjs';
import { load } from './load.mjs';
import { startNodeRunner, startPythonRunner } from './ownRunner.mjs';

const CALLS = Number(process.env.BENCH_CALLS ?? 3_000);
/** Each server's calls are spread over so many turns, between which the others have theirs. */
const ROUNDS = 5;
const WARM_UP = 50;
/** Before anything is measured, so that whatever compiles as it runs has done so, on either side. */
const FIRST_CALLS = 1_500;
const BATCH = 100;
const WIDTHS = { iris: 4, cancer: 30 };

/**
 * Runners by themselves, without the gateway, beside the servers of other
 * projects with the same models. All of them stand idle while one is measured.
 */
export async function runnersBench() {
  await exclusively(buildPrograms);
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
  /** Of another project: where it can't be had here, its rows say why. */
  const startOther = async (name, starting) => {
    try {
      return await start(starting());
    } catch (error) {
      const [unavailable] = error.message.trim().split('\n').slice(-1);
      say(`${name}: ${error.message}`);
      return { name, unavailable };
    }
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
    const onnx = await startOther('MLServer', () =>
      startMlserver(folder, { models, suffix: 'onnx' }),
    );
    const sklearn = await startOther('MLServer', () =>
      startMlserver(folder, { models, suffix: 'joblib' }),
    );
    const kserve = await startOther('KServe', () =>
      startKserve(folder, { models }),
    );
    const bentoml = await startOther('BentoML', () => startBentoml(folder));
    const mlflow = await startOther('`mlflow models serve`', () =>
      startMlflowServe(folder, 'iris'),
    );
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
  const { infer, simple, ...their } = await prepare([
    { key: 'infer', served: own, call: own.call(model, given) },
    { key: 'simple', served: own, call: own.call(model, given, 'predict') },
    ...others
      .filter(([{ unavailable }]) => !unavailable)
      .map(([served]) => ({
        key: served.name,
        served,
        call: served.call(model, given),
      })),
  ]);
  const table = [];
  for (const connections of [1, 16]) {
    const figures = await measure({ infer, simple, ...their }, connections);
    for (const [other, reaches] of others) {
      const c1 = connections === 1;
      const reach = reaches[`c${connections}`];
      const row = {
        what: `${what}, c${connections}, ${c1 ? 'p50' : 'calls a second'}`,
        measured: `${figure(figures.infer)}; simple API ${figure(
          figures.simple,
        )}`,
        reach: reach ? `≥ ${reach}×` : 'printed',
      };
      if (other.unavailable) {
        row[
          'compared to'
        ] = `${other.name}: not to be had, ${other.unavailable}`;
        row.reached = reach ? 'NO' : '';
      } else {
        const theirs = figures[other.name];
        const factor = c1
          ? theirs.p50 / figures.infer.p50
          : figures.infer.perSecond / theirs.perSecond;
        row['compared to'] = `${other.name}: ${figure(theirs)}`;
        row.reached = reach
          ? `${factor >= reach ? 'yes' : 'NO'}, ${factor.toFixed(1)}×`
          : `${factor.toFixed(1)}×`;
      }
      table.push(row);
      say(Object.values(row).join(' | '));
    }
  }
  return table;
}

/**
 * Requests as bytes, by their keys.
 *
 * @throws where they are not answered with the same predictions: then nothing is to be compared
 */
async function prepare(requests) {
  const prepared = {};
  let wanted;
  for (const { key, served, call } of requests) {
    const bytes = requestBytes(call);
    const { status, body } = await ask(served.url, bytes);
    const given =
      status === 200 ? JSON.stringify(call.labels(JSON.parse(body))) : body;
    wanted ??= given;
    if (given !== wanted)
      throw new Error(
        `${served.name} answers ${status} ${given}, not ${wanted}, as ${requests[0].served.name} does.`,
      );
    prepared[key] = { served, bytes };
  }
  return prepared;
}

/** In turns, so that what else the machine does meets all of them alike; the median of each. */
async function measure(requests, connections) {
  const calls = Math.ceil(CALLS / ROUNDS);
  for (const { served, bytes } of Object.values(requests))
    await load(served.url, {
      call: () => bytes,
      calls: FIRST_CALLS,
      connections,
    });
  const runs = {};
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [key, { served, bytes }] of Object.entries(requests)) {
      const before = served.cpuMs;
      const run = await load(served.url, {
        call: () => bytes,
        calls,
        connections,
        warmUp: WARM_UP,
      });
      const cpu = (served.cpuMs - before) / (calls + WARM_UP);
      (runs[key] ??= []).push({ ...run, cpu });
    }
  return Object.fromEntries(
    Object.entries(runs).map(([key, all]) => [
      key,
      Object.fromEntries(
        Object.keys(all[0]).map(name => [
          name,
          median(all.map(run => run[name])),
        ]),
      ),
    ]),
  );
}

const median = values =>
  quantile(
    values.sort((left, right) => left - right),
    0.5,
  );

const memory = (what, own, reach, others) => ({
  what: `memory of a ${what} (PSS of all its processes)`,
  measured: `${own.memoryMb.toFixed(0)} MB`,
  reach: `≤ ${reach} MB`,
  'compared to': others
    .filter(({ unavailable }) => !unavailable)
    .map(({ name, memoryMb }) => `${name}: ${memoryMb.toFixed(0)} MB`)
    .join(', '),
  reached: own.memoryMb <= reach ? 'yes' : 'NO',
});

const ready = (what, own, reachMs, others) => ({
  what: `${what}, start to ready`,
  measured: seconds(own.readyMs),
  reach: `≤ ${seconds(reachMs)}`,
  'compared to': others
    .filter(({ unavailable }) => !unavailable)
    .map(({ name, readyMs }) => `${name}: ${seconds(readyMs)}`)
    .join(', '),
  reached: own.readyMs <= reachMs ? 'yes' : 'NO',
});

const seconds = ms => `${(ms / 1000).toFixed(2)} s`;

const figure = ({ p50, p99, perSecond, cpu }) =>
  `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${perSecond.toFixed(
    0,
  )}/s, ${cpu.toFixed(2)} ms of CPU a call`;
