import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildPrograms } from '../../scripts/lib/build.mjs';
import { exclusively } from '../../scripts/lib/exclusively.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { say } from '../../scripts/lib/progress.mjs';
import { freePort } from '../services/freePort.mjs';
import { startAnswering, startNginxProxy } from './anchors/nginx.mjs';
import { quantile } from './BenchPlatform.mjs';
import { requestBytes } from './httpExchange.mjs';
import { load } from './load.mjs';
import { startGateway, TOKEN } from './ownGateway.mjs';
import { ServedModels } from './ServedModels.mjs';

const CALLS = Number(process.env.BENCH_CALLS ?? 20_000);
/** Each one's calls are spread over so many turns, between which the others have theirs. */
const ROUNDS = 7;
const WARM_UP = 300;
const CUSTOMERS = 64;
const ANSWER = JSON.stringify({
  outputs: { species: 'setosa', probabilities: [0.982, 0.018, 0] },
  model: { name: 'iris', version: 1, variant: 'main' },
});
const weights = { champion: 90, challenger: 10 };
const ENDPOINTS = {
  plain: { weights: { main: 100 } },
  split: { weights },
  sticky: { weights, stickiness: { by: 'header', name: 'x-customer-id' } },
  'sticky-json': {
    weights,
    stickiness: { by: 'json', name: 'inputs.customerId' },
  },
};

const requestsOfPlain = requestsOf('plain');

/** The gateway beside nginx and a proxy that does nothing but pass on, all before one upstream. */
export async function gatewayBench() {
  await exclusively(buildPrograms);
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-bench-'),
  );
  const started = [];
  const start = async starting => {
    const served = await starting;
    started.push(served);
    return served;
  };
  try {
    const upstream = await start(startAnswering(folder, ANSWER));
    const nginx = await start(startNginxProxy(folder, upstream.url));
    const undici = await start(startUndiciProxy(upstream.url));
    const gateway = await start(startGateway(upstream.url, ENDPOINTS));
    const targets = {
      upstream: { served: upstream, requests: requestsOf('plain') },
      nginx: { served: nginx, requests: requestsOf('plain') },
      undici: { served: undici, requests: requestsOf('plain') },
      ...Object.fromEntries(
        Object.keys(ENDPOINTS).map(name => [
          name,
          { served: gateway, requests: requestsOf(name) },
        ]),
      ),
    };
    const c1 = await measure(targets, 1);
    const c16 = await measure(targets, 16);
    const second = await start(startGateway(upstream.url, ENDPOINTS));
    const two = await sideBySide([gateway, second]);
    return [
      added(c1),
      throughput(c16, 'undici', 'a bare `dispatch` of undici', 0.8),
      throughput(c16, 'nginx', 'nginx, one worker', 0.5),
      processes(c16, two),
      cost(c16, 'split', '90/10 by weight'),
      cost(c16, 'sticky', '90/10 sticky by a header'),
      cost(c16, 'sticky-json', '90/10 sticky by a field of the JSON'),
    ];
  } finally {
    for (const served of started) await served.stop();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function startUndiciProxy(upstreamUrl) {
  const port = await freePort();
  return await ServedModels.start({
    name: 'undici',
    command: process.execPath,
    args: [
      '--max-semi-space-size=32',
      inRoot('test/bench/anchors/undiciProxy.mjs'),
      upstreamUrl,
      String(port),
    ],
    url: `http://127.0.0.1:${port}`,
    ready: '/',
  });
}

/** Of as many customers; each is as long as the others. */
function requestsOf(endpoint) {
  return Array.from({ length: CUSTOMERS }, (_, index) =>
    requestBytes({
      method: 'POST',
      path: `/${endpoint}/predict`,
      headers: {
        host: 'localhost',
        authorization: `Bearer ${TOKEN}`,
        'x-customer-id': `customer-${100 + index}`,
      },
      body: {
        inputs: {
          customerId: `customer-${100 + index}`,
          sepal_length: 5.1,
          sepal_width: 3.5,
          petal_length: 1.4,
          petal_width: 0.2,
        },
      },
    }),
  );
}

/** In turns, so that what else the machine does meets all of them alike; the median of each. */
async function measure(targets, connections) {
  const calls = Math.ceil(CALLS / ROUNDS);
  const runs = {};
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, { served, requests }] of Object.entries(targets)) {
      const before = served.cpuMs;
      const run = await load(served.url, {
        call: index => requests[index % CUSTOMERS],
        calls,
        connections,
        warmUp: WARM_UP,
      });
      const cpu = (served.cpuMs - before) / (calls + WARM_UP);
      (runs[name] ??= []).push({ ...run, cpu });
    }
  const figures = Object.fromEntries(
    Object.entries(runs).map(([name, all]) => [
      name,
      Object.fromEntries(
        Object.keys(all[0]).map(key => [key, median(all.map(run => run[key]))]),
      ),
    ]),
  );
  for (const [name, figure] of Object.entries(figures))
    say(`c${connections} ${name}: ${text(figure)}`);
  return figures;
}

/** Half of the calls at each, at the same time; calls a second of both together, the median of the turns. */
async function sideBySide(gateways) {
  const calls = Math.ceil(CALLS / ROUNDS / gateways.length);
  const connections = 16 / gateways.length;
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const runs = await Promise.all(
      gateways.map(({ url }) =>
        load(url, {
          call: index => requestsOfPlain[index % CUSTOMERS],
          calls,
          connections,
          warmUp: WARM_UP,
        }),
      ),
    );
    rounds.push(runs.reduce((sum, { perSecond }) => sum + perSecond, 0));
  }
  return median(rounds);
}

const median = values =>
  quantile(
    values.sort((left, right) => left - right),
    0.5,
  );

const text = ({ p50, p99, perSecond, cpu }) =>
  `p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(2)} ms, ${perSecond.toFixed(
    0,
  )}/s, ${(cpu * 1000).toFixed(0)} µs of CPU a call`;

function added(figures) {
  const above = name => figures[name].p50 - figures.upstream.p50;
  const difference = above('plain') - above('nginx');
  return {
    what: 'gateway, added p50, c1',
    measured: `${above('plain').toFixed(3)} ms`,
    reach: 'within 0.15 ms of nginx',
    'compared to': `nginx ${above('nginx').toFixed(3)} ms, undici ${above(
      'undici',
    ).toFixed(3)} ms; upstream itself ${figures.upstream.p50.toFixed(3)} ms`,
    reached: `${difference <= 0.15 ? 'yes' : 'NO'}, ${difference.toFixed(
      3,
    )} ms more`,
  };
}

function throughput(figures, name, words, reach) {
  const share = figures.plain.perSecond / figures[name].perSecond;
  return {
    what: 'gateway, one process, c16',
    measured: text(figures.plain),
    reach: `≥ ${reach * 100} % of ${name}`,
    'compared to': `${words}: ${text(figures[name])}`,
    reached: `${share >= reach ? 'yes' : 'NO'}, ${(share * 100).toFixed(0)} %`,
  };
}

function processes(figures, perSecond) {
  return {
    what: 'gateway, two processes, 8 calls at a time each',
    measured: `${perSecond.toFixed(0)}/s`,
    reach: 'printed',
    'compared to': `one process: ${text(figures.plain)}`,
    reached: `${(perSecond / figures.plain.perSecond).toFixed(2)}×`,
  };
}

function cost(figures, name, words) {
  const of = key => (figures[name][key] / figures.plain[key] - 1) * 100;
  const lost = -of('perSecond');
  return {
    what: `gateway, ${words}, c16`,
    measured: text(figures[name]),
    reach: '≤ 5 % cost',
    'compared to': `one variant: ${text(figures.plain)}`,
    reached: `${lost <= 5 ? 'yes' : 'NO'}, ${lost.toFixed(
      1,
    )} % of calls a second, ${of('cpu').toFixed(1)} % of CPU a call`,
  };
}
