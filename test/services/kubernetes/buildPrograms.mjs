import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';
import { say, seconds } from '../../../scripts/lib/progress.mjs';
import { PROGRAMS, programsOf, REQUIREMENTS, VERSIONS } from './goPrograms.mjs';

/** Built once for all clones of a user, by version. */
export const cache = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'model-platform',
  'services',
);

const fileOf = name =>
  path.join(cache, `${name}-${PROGRAMS[name].version}`, name);

const gatewayApiFolder = path.join(cache, `gateway-api-${VERSIONS.gatewayApi}`);

/**
 * The programs of a level, of their Go modules: built where they are not yet,
 * at the lowest priority, since whoever waits for them does something else
 * meanwhile.
 *
 * @returns the programs by name and the folder of the Gateway API's definitions, or why there are none
 */
export async function buildPrograms(level) {
  const programs = Object.fromEntries(
    programsOf(level).map(name => [name, fileOf(name)]),
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
    // Compilers are gone before their memory matters: a quarter of their time is its collection.
    GOGC: 'off',
    GOMEMLIMIT: '2GiB',
  };
  try {
    if (!fs.existsSync(gatewayApiFolder)) await fetchGatewayApi(folder, env);
    if (missing.length > 0) await build(missing, folder, env);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

async function build(names, folder, env) {
  const begin = Date.now();
  const cwd = path.join(folder, 'programs');
  const built = path.join(folder, 'built');
  fs.mkdirSync(cwd);
  fs.writeFileSync(path.join(cwd, 'go.mod'), await goMod(folder, env));
  const packages = names.map(name => {
    const { main, package: there } = PROGRAMS[name];
    if (there) return there;
    fs.mkdirSync(path.join(cwd, name));
    fs.writeFileSync(path.join(cwd, name, 'main.go'), main);
    return `./${name}`;
  });
  await run(
    'nice',
    [
      '-n',
      '19',
      'go',
      'build',
      '-trimpath',
      // A compiler that inlines nothing and describes nothing for debuggers
      // takes 40 % less time; tests wait for networks and disks.
      '-gcflags=all=-l -dwarf=false',
      '-ldflags',
      // Else it takes itself for a version that it is not.
      `-s -w -X k8s.io/component-base/version.gitVersion=v${VERSIONS.kubernetes}`,
      '-o',
      `${built}/`,
      ...packages,
    ],
    { cwd, env },
  );
  for (const name of names) {
    fs.mkdirSync(path.dirname(fileOf(name)), { recursive: true });
    fs.renameSync(path.join(built, name), fileOf(name));
  }
  say(`    built ${names.join(', ')} (${seconds(Date.now() - begin)})`);
}

/** A module of ours that needs them: what Kubernetes replaces in its own holds in no other. */
async function goMod(folder, env) {
  const { GoMod } = await download(
    'k8s.io/kubernetes',
    VERSIONS.kubernetes,
    folder,
    env,
  );
  const text = fs.readFileSync(GoMod, 'utf8');
  // Of its own parts it has what lies beside it in its repository: they are modules, too.
  const parts = [...text.matchAll(/^\s*(k8s\.io\/[\w-]+) => \.\/staging/gm)];
  const version = VERSIONS.kubernetes.replace(/^1\./, 'v0.');
  return [
    'module model-platform.test/cluster',
    /^go .*$/m.exec(text)[0],
    ...Object.entries(REQUIREMENTS).map(
      ([module, wanted]) => `require ${module} v${wanted}`,
    ),
    ...parts.map(([, part]) => `replace ${part} => ${part} ${version}`),
  ].join('\n');
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
