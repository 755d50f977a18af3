import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../scripts/lib/run.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { say } from '../../scripts/lib/progress.mjs';
import { BenchPlatform } from './BenchPlatform.mjs';

const seconds = ms => `${(ms / 1000).toFixed(1)} s`;

/** `npm start` in a bare clone with empty caches of Yarn, then again, warm. */
export async function startBench() {
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-clone-'),
  );
  const clone = path.join(folder, 'clone');
  await run('git', ['clone', '--quiet', root, clone]);
  const platform = await BenchPlatform.create(clone, {
    YARN_GLOBAL_FOLDER: path.join(folder, 'yarn'),
    UV_CACHE_DIR: path.join(folder, 'uv'),
    PIP_CACHE_DIR: path.join(folder, 'pip'),
  });
  try {
    const cold = await platform.start();
    say(
      `cold: ready ${seconds(cold.readyMs)}, first answer ${seconds(
        cold.answeredMs,
      )}`,
    );
    const endpoint = platform.quickstart.endpoints.find(
      ({ name }) => name === 'iris',
    );
    await platform.stop();
    const warm = await platform.start(endpoint);
    say(
      `warm: ready ${seconds(warm.readyMs)}, first answer ${seconds(
        warm.answeredMs,
      )}`,
    );
    return [
      {
        what: 'npm start, bare clone to first answered call',
        measured: seconds(cold.answeredMs),
        reach: '≤ 180 s',
        'compared to': 'a bare portal, measured before: 95 s',
        reached: cold.answeredMs <= 180_000 ? 'yes' : 'NO',
      },
      {
        what: 'warm start to first answered call',
        measured: seconds(warm.answeredMs),
        reach: '≤ 10 s',
        'compared to': 'a bare portal, measured before: 4 s',
        reached: warm.answeredMs <= 10_000 ? 'yes' : 'NO',
      },
      {
        what: 'warm start to everything ready',
        measured: seconds(warm.readyMs),
        reach: '≤ 10 s',
        'compared to': '',
        reached: warm.readyMs <= 10_000 ? 'yes' : 'NO',
      },
    ];
  } finally {
    await platform.destroy();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
