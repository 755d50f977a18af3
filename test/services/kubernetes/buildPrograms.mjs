import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';
import { say, seconds } from '../../../scripts/lib/progress.mjs';
import { PROGRAMS, programsOf, VERSIONS } from './goPrograms.mjs';

/** Built once for all clones of a user, by version. */
const cache = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'model-platform',
  'services',
);

const folderOf = name =>
  path.join(cache, `${name}-${PROGRAMS[name].version}`, name);

const gatewayApiFolder = path.join(cache, `gateway-api-${VERSIONS.gatewayApi}`);

/**
 * The programs of a level, of their Go modules: built where they are not yet,
 * which takes a quarter of an hour for all of `api` on two cores.
 *
 * @returns the programs by name and the folder of the Gateway API's definitions, or why there are none
 */
export async function buildPrograms(level) {
  const programs = Object.fromEntries(
    programsOf(level).map(name => [name, folderOf(name)]),
  );
  const missing = Object.keys(programs).filter(
    name => !fs.existsSync(programs[name]),
  );
  const found = { programs, gatewayApi: gatewayApiFolder };
  if (missing.length === 0 && fs.existsSync(gatewayApiFolder)) return found;
  const version = await run('go', ['version']).catch(() => undefined);
  if (version === undefined) {
    return {
      unavailable:
        'the Kubernetes cluster of the tests is built with Go, and there is no `go` on the PATH (https://go.dev/dl); TEST_KUBECONFIG names another cluster',
    };
  }
  fs.mkdirSync(cache, { recursive: true });
  // Go's caches are of no use once the programs are there, and are ten times as large.
  const folder = fs.mkdtempSync(path.join(cache, 'build-kubernetes-'));
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOCACHE: path.join(folder, 'cache'),
    GOFLAGS: `${
      process.env.GOFLAGS ?? ''
    } -buildvcs=false -mod=mod -modcacherw`.trim(),
    GOMODCACHE: path.join(folder, 'modules'),
    GOTOOLCHAIN: 'local',
  };
  try {
    if (!fs.existsSync(gatewayApiFolder)) await fetchGatewayApi(folder, env);
    for (const name of missing) {
      const begin = Date.now();
      await build(name, folder, env);
      say(`    built ${name} (${seconds(Date.now() - begin)})`);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

async function build(name, folder, env) {
  const { module, version, package: main, ldflags, replace } = PROGRAMS[name];
  const cwd = path.join(folder, name);
  fs.mkdirSync(cwd);
  const { GoMod } = await download(module, version, cwd, env);
  const goMod = fs.readFileSync(GoMod, 'utf8');
  // A module of ours that needs it: what it replaces in its own holds in no other.
  fs.writeFileSync(
    path.join(cwd, 'go.mod'),
    [
      `module model-platform.test/${name}`,
      /^go .*$/m.exec(goMod)[0],
      `require ${module} v${version}`,
      ...(replace?.(goMod) ?? []).map(line => `replace ${line}`),
    ].join('\n'),
  );
  fs.writeFileSync(
    path.join(cwd, 'tools.go'),
    `//go:build tools\n\npackage tools\n\nimport _ "${main}"\n`,
  );
  await run('go', ['mod', 'tidy'], { cwd, env });
  const built = path.join(cwd, 'built');
  await run(
    'go',
    [
      'build',
      '-trimpath',
      '-ldflags',
      `-s -w ${ldflags ?? ''}`,
      '-o',
      built,
      main,
    ],
    { cwd, env },
  );
  fs.mkdirSync(path.dirname(folderOf(name)), { recursive: true });
  fs.renameSync(built, folderOf(name));
}

/** Definitions of its kinds, of which the cluster knows none by itself. */
async function fetchGatewayApi(folder, env) {
  const { Dir } = await download(
    'sigs.k8s.io/gateway-api',
    VERSIONS.gatewayApi,
    folder,
    env,
  );
  const aside = path.join(folder, 'gateway-api');
  fs.cpSync(path.join(Dir, 'config', 'crd', 'standard'), aside, {
    recursive: true,
  });
  fs.renameSync(aside, gatewayApiFolder);
}

async function download(module, version, cwd, env) {
  return JSON.parse(
    await run('go', ['mod', 'download', '-json', `${module}@v${version}`], {
      cwd,
      env,
    }),
  );
}
