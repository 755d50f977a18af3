import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { say } from '../../scripts/lib/progress.mjs';
import {
  BenchPlatform,
  quantile,
  residentMb,
  sequentialLatencies,
  sleep,
} from './BenchPlatform.mjs';

const MODELS = 100;
const CALLS = 5_000;
const ROLLS = 5;
/** The catalog has read the models, and what that took is given back. */
const SETTLE_MS = 15_000;

/** On a warm platform: latency of a call, publish to serving, memory with 100 models. */
export async function serveBench() {
  const platform = await BenchPlatform.create(root);
  try {
    await platform.start();
    return [
      ...(await latency(platform)),
      ...(await rolls(platform)),
      ...(await memory(platform)),
    ];
  } finally {
    await platform.destroy();
  }
}

async function latency(platform) {
  const endpoint = platform.quickstart.endpoints.find(
    ({ name }) => name === 'iris',
  );
  const body = JSON.stringify(endpoint.exampleRequest);
  const through = await sequentialLatencies({
    url: `${endpoint.url}/predict`,
    headers: {
      authorization: `Bearer ${endpoint.token}`,
      'content-type': 'application/json',
    },
    body,
    calls: CALLS,
  });
  const { runner } = await runnerOf(platform, 'iris');
  const direct = await sequentialLatencies({
    url: `${runner.url}/iris/predict`,
    headers: {
      'x-model-runner-secret': runner.secret,
      'content-type': 'application/json',
    },
    body,
    calls: CALLS,
  });
  const figure = sorted =>
    `p50 ${quantile(sorted, 0.5).toFixed(2)} ms, p99 ${quantile(
      sorted,
      0.99,
    ).toFixed(2)} ms`;
  return [
    {
      what: 'predict through the gateway, ONNX iris, c1',
      measured: figure(through),
      reach: 'p50 ≤ 1 ms',
      'compared to': `the runner itself: ${figure(direct)}`,
      reached: quantile(through, 0.5) <= 1 ? 'yes' : 'NO',
    },
  ];
}

async function runnerOf(platform, endpoint) {
  const address = JSON.parse(
    fs.readFileSync(path.join(platform.dataDir, 'host', 'host.json'), 'utf8'),
  );
  const response = await fetch(`${address.url}/v1/state`, {
    headers: { authorization: `Bearer ${address.secret}` },
  });
  const { deployments } = await response.json();
  return {
    runner: deployments[endpoint].runners.find(
      ({ phase }) => phase === 'ready',
    ),
  };
}

/** From typing `publish` to the first answer of the new version, several times. */
async function rolls(platform) {
  const rows = [];
  for (const [name, reachMs, kind] of [
    ['iris', 2_000, 'Node'],
    ['disease-progression', 5_000, 'Python'],
  ]) {
    const endpoint = platform.quickstart.endpoints.find(
      candidate => candidate.name === name,
    );
    if (!endpoint) continue;
    const folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-roll-'),
    );
    fs.cpSync(path.join(root, 'examples', name), folder, { recursive: true });
    const times = [];
    for (let roll = 0; roll < ROLLS; roll += 1) {
      fs.writeFileSync(path.join(folder, 'note.txt'), `roll ${roll}`);
      const before = (await platform.predict(endpoint)).headers.get(
        'x-model-version',
      );
      const begin = performance.now();
      const publishing = platform.cli('publish', folder, '--force');
      for (;;) {
        if (
          (await platform.predict(endpoint)).headers.get('x-model-version') !==
          before
        )
          break;
        if (performance.now() - begin > 60_000)
          throw new Error(
            `${name}: the new version does not serve after a minute`,
          );
        await sleep(10);
      }
      times.push(performance.now() - begin);
      await publishing;
    }
    times.sort((left, right) => left - right);
    say(`${name}: ${times.map(ms => Math.round(ms)).join(', ')} ms`);
    fs.rmSync(folder, { recursive: true, force: true });
    rows.push({
      what: `publish of a small model to a serving endpoint, warm, ${kind}`,
      measured: `median ${(quantile(times, 0.5) / 1000).toFixed(2)} s, worst ${(
        times.at(-1) / 1000
      ).toFixed(2)} s`,
      reach: `≤ ${reachMs / 1000} s`,
      'compared to': 'the CLI typed, its own start included',
      reached: quantile(times, 0.5) <= reachMs ? 'yes' : 'NO',
    });
  }
  return rows;
}

async function memory(platform) {
  const model = await platform.api('models/iris');
  const version = await platform.api('models/iris/versions/1');
  for (let index = 2; index < MODELS; index += 1) {
    const copy = `bench model ${index}`;
    const draft = await platform.api(
      `models/${encodeURIComponent(copy)}/versions`,
      {
        method: 'POST',
        headers: { 'idempotency-key': copy },
        body: JSON.stringify({
          model: {
            name: copy,
            type: model.type,
            owner: model.owner,
            system: model.system,
            description: model.description,
          },
          version: {
            metadata: version.metadata,
            flavor: version.flavor,
            runtime: version.runtime,
            signature: version.signature,
            endpoint: version.endpoint,
            metrics: version.metrics?.map(({ collected, ...metric }) => metric),
            example: version.example,
          },
          files: version.files,
        }),
      },
    );
    for (const { path: file, digest } of version.files) {
      await platform.api(
        `models/${encodeURIComponent(copy)}/versions/${
          draft.version.number
        }/blobs/${digest}`,
        {
          method: 'PUT',
          headers: { 'content-type': 'application/octet-stream' },
          body: fs.readFileSync(path.join(root, 'examples/iris', file)),
        },
      );
    }
    await platform.api(
      `models/${encodeURIComponent(copy)}/versions/${
        draft.version.number
      }/complete`,
      { method: 'POST', body: '{}' },
    );
  }
  const token = await platform.signIn('pat');
  const { portalUrl, pids } = platform.quickstart;
  for (;;) {
    const response = await fetch(
      `${portalUrl}/api/catalog/entities/by-query?filter=kind=model&limit=0`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    if ((await response.json()).totalItems >= MODELS) break;
    await sleep(500);
  }
  await sleep(SETTLE_MS);
  const afterPublishing = residentMb(pids.portal);
  await platform.stop();
  await platform.start();
  await sleep(SETTLE_MS);
  const ready = residentMb(platform.quickstart.pids.portal);
  const row = (what, megabytes) => ({
    what,
    measured: `${Math.round(megabytes)} MB`,
    reach: '≤ 450 MB',
    'compared to': 'a bare portal, measured before: 335 MB',
    reached: megabytes <= 450 ? 'yes' : 'NO',
  });
  return [
    row(`portal RSS, ready, ${MODELS} models`, ready),
    row(
      `portal RSS, after publishing ${MODELS} models in a row`,
      afterPublishing,
    ),
  ];
}
