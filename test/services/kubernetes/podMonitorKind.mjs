import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';
import { VERSIONS } from './goPrograms.mjs';

const MODULE = 'github.com/prometheus-operator/prometheus-operator';
const FILE =
  'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml';

/** Kept once for all clones of a user. */
const kept = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'model-platform',
  'services',
  `prometheus-operator-${VERSIONS.prometheusOperator}`,
  'podmonitors.yaml',
);

/** The definition of `PodMonitor`, of the operator's Go module, as YAML. */
export async function podMonitorKind() {
  if (!fs.existsSync(kept)) await fetchModule();
  return fs.readFileSync(kept, 'utf8');
}

async function fetchModule() {
  fs.mkdirSync(path.dirname(kept), { recursive: true });
  const folder = fs.mkdtempSync(path.join(path.dirname(kept), 'fetch-'));
  try {
    const { Dir } = JSON.parse(
      await run(
        'go',
        [
          'mod',
          'download',
          '-json',
          `${MODULE}@v${VERSIONS.prometheusOperator}`,
        ],
        {
          cwd: folder,
          env: {
            ...process.env,
            GOFLAGS: `${process.env.GOFLAGS ?? ''} -mod=mod -modcacherw`.trim(),
            GOMODCACHE: path.join(folder, 'modules'),
            GOTOOLCHAIN: 'local',
          },
        },
      ),
    );
    const aside = path.join(folder, 'podmonitors.yaml');
    fs.copyFileSync(path.join(Dir, FILE), aside);
    fs.renameSync(aside, kept);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
