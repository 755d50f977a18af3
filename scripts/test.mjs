import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startPostgres } from '../test/services/postgres.mjs';
import { ensureChromium } from '../test/services/chromium.mjs';
import { ensureKubernetes } from '../test/services/kubernetes.mjs';
import { ensureS3, startS3 } from '../test/services/s3.mjs';
import { buildApp, buildPrograms } from './lib/build.mjs';
import { exclusively } from './lib/exclusively.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { inRoot } from './lib/paths.mjs';
import { fail, say, seconds, step } from './lib/progress.mjs';
import { ensurePython, ensurePythonRuntime } from './lib/pythonRuntime.mjs';
import {
  jestResult,
  junitResult,
  playwrightResult,
} from './lib/testReports.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

/**
 * `npm test [-- name …]`: every check, on real parts. Names choose among them:
 * lint, format, types, boundaries, packages, python, cli, portal, mlflow, openapi, endpoints,
 * faults, kubernetes.
 * `--faults` runs the fault tests with their full counts instead of ten each.
 */
const faults = process.argv.includes('--faults');
const chosen = process.argv
  .slice(2)
  .filter(argument => !argument.startsWith('--'));
const results = [];
const reports = fs.mkdtempSync(
  path.join(os.tmpdir(), 'model-platform-reports-'),
);

async function suite(name, work) {
  if (chosen.length > 0 && !chosen.includes(name)) return;
  const begin = Date.now();
  say(`\n── ${name}`);
  let result;
  try {
    result = await work();
  } catch (error) {
    say(String(error?.stack ?? error));
    result = { passed: 0, failed: 1 };
  }
  results.push({ name, ...result, durationMs: Date.now() - begin });
}

/**
 * Two rows of suites: what the one waits for (starts, pages, answers, clocks)
 * leaves the processors to the other. Those of a row share nothing with those
 * of the other: each starts its platforms, on ports and data of their own.
 */
const sideBySide = (one, other) => Promise.all([one(), other()]);

/** Runs a program with its output shown. */
const show = (command, args, { cwd = inRoot(), env } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...toolchain.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? 1 : code));
  });

/** A check that is one test: it holds or it does not. */
const check = async (command, args, options) =>
  (await show(command, args, options)) === 0
    ? { passed: 1, failed: 0 }
    : { passed: 0, failed: 1 };

const bin = name => inRoot('node_modules', '.bin', name);

async function playwright(project, env) {
  const report = path.join(reports, `${project}.json`);
  const code = await show(
    bin('playwright'),
    ['test', '--config', 'test/playwright.config.ts', '--project', project],
    {
      env: {
        PLAYWRIGHT_JSON_OUTPUT_NAME: report,
        CHROMIUM_PATH: await chromium,
        // On a terminal it would write over the lines of the suite beside it.
        PLAYWRIGHT_FORCE_TTY: '0',
        ...env,
        ...(faults ? { FAULT_RUNS: process.env.FAULT_RUNS ?? '100' } : {}),
      },
    },
  );
  return playwrightResult(report, code);
}

/** They start the S3 server and the cluster themselves, but have no time to build them. */
async function faultTests() {
  await step('finding the S3 server', ensureS3);
  const [built] = await step('finding the Kubernetes cluster', findKubernetes);
  // Those that need it say the same, and are skipped; in CI they fail.
  if (built.unavailable) say(`  ! ${built.unavailable}`);
  return await playwright('faults');
}

/** The driver on real clusters, which are built of their Go modules the first time. */
async function kubernetesTests() {
  const [built, pods] = await step(
    'finding the Kubernetes cluster',
    findKubernetes,
  );
  // The tests of real pods say the same, and are skipped.
  if (pods.unavailable) say(`  ! ${pods.unavailable}`);
  if (built.unavailable) {
    if (built !== pods) say(`  ! ${built.unavailable}`);
    // What a developer's machine cannot do is no failure of his change.
    return process.env.CI
      ? { passed: 0, failed: 1 }
      : { passed: 0, failed: 0, skipped: 1 };
  }
  return await playwright('kubernetes');
}

/** All in one build; without a node where there can be none. Another cluster needs nothing built. */
async function findKubernetes() {
  if (process.env.TEST_KUBECONFIG) return [{}, {}];
  const pods = await ensureKubernetes('gateway');
  return [pods.unavailable ? await ensureKubernetes('api') : pods, pods];
}

/** Runs a project whose tests need programs from PyPI: `requirements.txt` in its folder. */
async function playwrightWithPython(project) {
  const python = await step(`installing what ${project} is tested with`, () =>
    ensurePython({
      requirements: [inRoot('test', project, 'requirements.txt')],
      dataDir: inRoot('.cache', project),
      log: say,
    }),
  );
  if (python.unavailable) {
    say(`  ! ${python.unavailable}`);
    return { passed: 0, failed: 1 };
  }
  return await playwright(project, { TEST_PYTHON: python.python });
}

async function pythonTests() {
  const python = await ensurePythonRuntime({
    dataDir: inRoot('.cache', 'test-data'),
    log: say,
    withTests: true,
  });
  if (python.unavailable) {
    say(`  ! ${python.unavailable}`);
    return { passed: 0, failed: 1 };
  }
  const report = path.join(reports, 'python.xml');
  const code = await show(
    python.python,
    ['-m', 'pytest', '-q', `--junit-xml=${report}`],
    {
      cwd: inRoot('packages/model-runner-python'),
    },
  );
  return junitResult(report, code);
}

let toolchain;
let chromium;

async function main() {
  // Begun first, since they take minutes where they were not built before.
  const isChosen = (...names) =>
    !faults &&
    (chosen.length === 0 || names.some(name => chosen.includes(name)));
  if (faults || isChosen('packages', 'faults', 'kubernetes'))
    step('finding the S3 server', ensureS3).catch(() => undefined);
  if (faults || isChosen('faults', 'kubernetes'))
    findKubernetes().catch(() => undefined);
  toolchain = await ensureToolchain();
  await ensureInstalled(toolchain);
  chromium = step('finding Chromium', ensureChromium);
  chromium.catch(() => undefined);
  await exclusively(buildPrograms);

  if (faults) {
    await exclusively(() => buildApp(toolchain));
    await suite('faults', faultTests);
    return;
  }

  await sideBySide(
    async () => {
      await suite('boundaries', () =>
        check(bin('depcruise'), [
          '--config',
          '.dependency-cruiser.cjs',
          'plugins',
          'packages',
        ]),
      );
      await suite('types', () =>
        check(bin('tsc'), [
          '--noEmit',
          '--incremental',
          '--tsBuildInfoFile',
          'node_modules/.cache/tsc.tsbuildinfo',
        ]),
      );
      await suite('lint', () =>
        check(bin('backstage-cli'), ['repo', 'lint', '--max-warnings', '0']),
      );
    },
    async () => {
      await suite('format', () =>
        check(bin('prettier'), ['--check', '--loglevel', 'warn', '.']),
      );
      await suite('python', pythonTests);
    },
  );
  await suite('packages', async () => {
    const postgres = await step('starting PostgreSQL', startPostgres);
    if (postgres.unavailable)
      say(`  ! PostgreSQL is left out: ${postgres.unavailable}`);
    const s3 = await step('starting the S3 server', startS3);
    if (s3.unavailable) say(`  ! S3 is left out: ${s3.unavailable}`);
    try {
      const report = path.join(reports, 'packages.json');
      const code = await show(
        bin('backstage-cli'),
        [
          'repo',
          'test',
          '--maxWorkers=2',
          '--workerIdleMemoryLimit=1500M',
          // Five seconds are little for what reads files and starts programs beside others that do.
          '--testTimeout=60000',
          '--json',
          `--outputFile=${report}`,
          '--watchAll=false',
        ],
        {
          env: {
            CI: 'true',
            BACKSTAGE_TEST_DISABLE_DOCKER: '1',
            ...(s3.endpoint
              ? {
                  MODEL_PLATFORM_TEST_S3: JSON.stringify({
                    endpoint: s3.endpoint,
                    credentials: s3.credentials,
                  }),
                }
              : {}),
            ...(postgres.connectionString
              ? {
                  BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING:
                    postgres.connectionString,
                }
              : {}),
          },
        },
      );
      return jestResult(report, code);
    } finally {
      await postgres.stop?.();
      await s3.stop?.();
    }
  });
  if (
    isChosen(
      'cli',
      'portal',
      'mlflow',
      'openapi',
      'endpoints',
      'faults',
      'kubernetes',
    )
  )
    await exclusively(() => buildApp(toolchain));
  await sideBySide(
    async () => {
      await suite('portal', () => playwright('portal'));
      await suite('mlflow', () => playwrightWithPython('mlflow'));
      await suite('openapi', () => playwrightWithPython('openapi'));
      await suite('endpoints', () => playwrightWithPython('endpoints'));
      await suite('kubernetes', kubernetesTests);
    },
    async () => {
      await suite('cli', () => playwright('cli'));
      await suite('faults', faultTests);
    },
  );
}

try {
  await main();
  fs.rmSync(reports, { recursive: true, force: true });
} catch (error) {
  fail(error);
}

// Once more at the end, where whoever looks at a long log looks first.
for (const { name, failures = [] } of results)
  for (const failure of failures)
    say(`\n✗ ${name}: ${failure.name}\n${failure.error}`);

say('');
for (const { name, passed, failed, skipped = 0, durationMs } of results) {
  say(
    `${failed ? '✗' : '✓'} ${name}: ${passed} passed, ${failed} failed${
      skipped ? `, ${skipped} skipped` : ''
    } (${seconds(durationMs)})`,
  );
}
const sum = key =>
  results.reduce((total, result) => total + (result[key] ?? 0), 0);
const skipped = sum('skipped');
say(
  `\n${sum('passed')} passed, ${sum('failed')} failed${
    skipped ? `, ${skipped} skipped` : ''
  }`,
);
process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1);
