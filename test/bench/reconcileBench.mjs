import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildProgram } from '../../scripts/lib/build.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { say } from '../../scripts/lib/progress.mjs';
import { startPostgres } from '../services/postgres.mjs';
import { quantile } from './BenchPlatform.mjs';

const DEPLOYMENTS = Number(process.env.BENCH_DEPLOYMENTS ?? 1_000);
const PASSES = 7;
const outfile = '.cache/bench/reconcile.cjs';
const migrations = inRoot('plugins/model-platform-backend/migrations');

/**
 * One look of the reconciler at each of many deployments that are as they shall
 * be, each of a model of its own; the engine answers at once, the database is real.
 */
export async function reconcileBench() {
  await buildProgram({ entry: 'test/bench/reconcile.ts', outfile });
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-reconcile-'),
  );
  const postgres = await startPostgres();
  try {
    const filename = path.join(folder, 'bench.sqlite');
    const rows = [
      await passes('SQLite', {
        client: 'better-sqlite3',
        connection: { filename },
      }),
    ];
    if (postgres.connectionString)
      rows.push(
        await passes('PostgreSQL', {
          client: 'pg',
          connection: postgres.connectionString,
        }),
      );
    else say(`PostgreSQL is left out: ${postgres.unavailable}`);
    return rows;
  } finally {
    await postgres.stop?.();
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function passes(name, database) {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [
      inRoot(outfile),
      JSON.stringify({
        database,
        migrations,
        count: DEPLOYMENTS,
        passes: PASSES,
      }),
    ],
    { cwd: inRoot('packages/backend'), maxBuffer: 10 * 1024 * 1024 },
  );
  if (stderr) say(stderr);
  const measured = JSON.parse(stdout);
  const median = key =>
    quantile(
      measured.map(pass => pass[key]).sort((left, right) => left - right),
      0.5,
    );
  const writes = measured.reduce((sum, pass) => sum + pass.writes, 0);
  say(
    `${name}: ${measured.map(({ ms }) => Math.round(ms)).join(', ')} ms; ${
      measured[0].queries
    } queries, ${writes} writes`,
  );
  return {
    what: `reconcile pass over ${DEPLOYMENTS} deployments without change, ${name}`,
    measured: `median ${(median('ms') / 1000).toFixed(2)} s, ${(
      median('cpuMs') / 1000
    ).toFixed(2)} s of CPU; ${median('queries')} queries, ${writes} writes`,
    reach: '≤ 1 s, no write',
    'compared to': 'an engine that answers at once',
    reached: median('ms') <= 1_000 && writes === 0 ? 'yes' : 'NO',
  };
}
