import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildProgram, buildPrograms } from '../../scripts/lib/build.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { say } from '../../scripts/lib/progress.mjs';
import { startKubernetes } from '../services/kubernetes.mjs';

const DEPLOYMENTS = Number(process.env.BENCH_DEPLOYMENTS ?? 200);
const outfile = '.cache/bench/kubernetes.cjs';
const migrations = inRoot('plugins/model-platform-backend/migrations');

/**
 * Many deployments in a cluster: etcd, API server, controllers and scheduler are
 * real, as are the gateway and its agent; a stand-in says what kubelets say of
 * pods. Calls are those of the driver and of the gateway.
 */
export async function kubernetesBench() {
  await buildPrograms();
  await buildProgram({ entry: 'test/bench/kubernetes.ts', outfile });
  const cluster = await startKubernetes('api');
  if (cluster.unavailable) {
    say(`Left out: ${cluster.unavailable}`);
    return [];
  }
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [
        inRoot(outfile),
        JSON.stringify({
          kubeconfig: cluster.kubeconfig,
          migrations,
          count: DEPLOYMENTS,
        }),
      ],
      { cwd: inRoot('packages/backend'), maxBuffer: 10 * 1024 * 1024 },
    );
    if (stderr) say(stderr);
    const { ms, calls, second } = JSON.parse(stdout);
    const writes = sum(second.calls, verb => !['GET', 'watch'].includes(verb));
    return [
      {
        what: `${DEPLOYMENTS} deployments in a cluster, until all are ready and routed`,
        measured: `${(ms / 1000).toFixed(1)} s; ${inWords(calls)}`,
        reach: '≤ 60 s',
        'compared to': 'pods that run at once',
        reached: ms <= 60_000 ? 'yes' : 'NO',
      },
      {
        what: 'a second pass over them without change',
        measured: `${(second.ms / 1000).toFixed(2)} s; ${inWords(
          second.calls,
        )}`,
        reach: 'no write',
        'compared to': '',
        reached: writes === 0 ? 'yes' : 'NO',
      },
    ];
  } finally {
    await cluster.stop();
  }
}

const sum = (calls, isMeant = () => true) =>
  Object.entries(calls).reduce(
    (total, [verb, count]) => total + (isMeant(verb) ? count : 0),
    0,
  );

function inWords(calls) {
  const verbs = Object.entries(calls).map(
    ([verb, count]) => `${count} ${verb}`,
  );
  return `${sum(calls)} calls${
    verbs.length > 0 ? ` (${verbs.sort().join(', ')})` : ''
  }`;
}
