import { PassThrough } from 'node:stream';
import { expect, test } from '@playwright/test';
import { ConfigReader } from '@backstage/config';
import { Exec } from '@kubernetes/client-node';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import { DeploymentLogs } from '../../plugins/model-platform-backend/src/deployment/logs/DeploymentLogs';
import { DeploymentRecord } from '../../plugins/model-platform-backend/src/deployment/store/DeploymentRecord';
import { Environments } from '../../plugins/model-platform-backend/src/deployment/environments/Environments';
import { KubernetesDriver } from '../../plugins/model-platform-backend-module-kubernetes/src/KubernetesDriver';
import { eventually } from '../platform/Platform';
import { never, revisionOf } from './desired';
import { irisModel, irisVersion as version } from './irisVersion';
import { lackingForPods } from './lackingForPods';
import { PodCluster } from './PodCluster';
import { TestCluster } from './TestCluster';

const namespace = 'models-crm--test';
/** Two machines' work on one: images and pods. */
const PATIENCE_MS = 120_000;

const pods = new PodCluster();
let cluster: TestCluster;
let driver: KubernetesDriver;
let logs: DeploymentLogs;
/** Names of endpoints whose pods get no file. */
const refused = new Set<string>();

test.describe.configure({ mode: 'serial', timeout: 600_000 });

test.beforeAll(async () => {
  test.setTimeout(600_000);
  const lacking = await lackingForPods();
  test.skip(!process.env.CI && lacking !== undefined, lacking);
  // Tells pods apart by what their tokens say.
  await pods.start(() => (request, response) => {
    const [, claims = ''] = (request.headers.authorization ?? '').split('.');
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const isRefused = [...refused].some(name => sub.includes(`:m-${name}--`));
    response.writeHead(isRefused ? 403 : 200).end(isRefused ? '{}' : irisModel);
  });
  cluster = pods.cluster;
  driver = await cluster.driver();
  logs = new DeploymentLogs(
    Environments.fromConfig(
      new ConfigReader({
        modelPlatform: {
          environments: [{ name: 'test', driver: 'kubernetes' }],
        },
      }),
      [driver],
    ),
  );
});

test.afterAll(async () => {
  await pods.stop();
});

const small = { cpu: '200m', memory: '384Mi', replicas: { min: 1, max: 1 } };

const recordOf = (name: string) =>
  ({ name, environment: 'test' } as DeploymentRecord);

async function tailOf(name: string): Promise<LogLine[]> {
  const { items } = await logs.tail(recordOf(name), { tail: 200, ...never });
  return items;
}

/** @returns what stops it */
async function follow(name: string, lines: LogLine[]) {
  const abort = new AbortController();
  const begin = await logs.follow(recordOf(name), {
    tail: 200,
    signal: abort.signal,
  });
  const following = begin(line => lines.push(line));
  return async () => {
    abort.abort();
    await following;
  };
}

const runnerOf = async (name: string, revision: number) =>
  (await driver.observe({ name })).runners.find(
    one => one.revision === revision,
  );

/** Runs a line of JavaScript in the container `runner`. @returns what it printed */
async function execute(pod: string, code: string): Promise<string> {
  const output = new PassThrough();
  const socket = await new Exec(cluster.config).exec(
    namespace,
    pod,
    'runner',
    ['node', '-e', code],
    output,
    output,
    null,
    false,
  );
  await new Promise(resolve => {
    socket.onclose = resolve;
  });
  return String(output.read() ?? '').trim();
}

const seen = (name: string, revision: number, what: RegExp) =>
  eventually(
    `revision ${revision} of ${name} being ${what}`,
    async () => {
      const runner = await runnerOf(name, revision);
      if (!what.test(`${runner?.phase} ${runner?.message}`))
        throw new Error(JSON.stringify(runner));
      return runner;
    },
    PATIENCE_MS,
  );

test('lines of pods that serve are read while others wait for an image, or for a place', async () => {
  const plain = revisionOf('mixed', 1, {
    resources: small,
    version,
  });
  await driver.apply(plain, never);
  const { id } = await seen('mixed', 1, /^ready/);
  // Of the Python runtime, whose image is nowhere.
  await driver.apply(
    revisionOf('mixed', 2, {
      resources: small,
      version: { ...version, runtime: 'python' },
    }),
    never,
  );
  await driver.apply(
    revisionOf('mixed', 3, {
      resources: { ...small, cpu: '5000' },
      version,
    }),
    never,
  );
  await seen('mixed', 2, /python:1/);
  await seen('mixed', 3, /no room/);
  const lines = await tailOf('mixed');
  expect(lines.some(one => one.runner === id && !one.step)).toBe(true);
  expect(lines.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
});

test('a pod leaves no copy of its memory behind when it crashes', async () => {
  await driver.apply(
    revisionOf('kept', 1, { resources: small, version }),
    never,
  );
  const { id = '' } = await seen('kept', 1, /^ready/);
  // What tells of a process whose memory may not be dumped is root's in /proc, whoever runs it.
  expect(
    await execute(
      id,
      'console.log(process.getuid(), fs.statSync("/proc/1/environ").uid)',
    ),
  ).toBe('65532 0');
});

test('a pod is followed from its first step to what it serves with', async () => {
  refused.add('slow');
  const lines: LogLine[] = [];
  const stop = await follow('slow', lines);
  await driver.apply(
    revisionOf('slow', 1, { resources: small, version }),
    never,
  );
  // Why it does not start is among the lines of the step that failed.
  await eventually(
    'the reason',
    () =>
      lines.some(
        ({ step, message }) => step === 'fetch' && message.includes('403'),
      ),
    PATIENCE_MS,
  );
  expect(
    (await tailOf('slow')).some(
      ({ step, message }) => step === 'fetch' && message.includes('403'),
    ),
  ).toBe(true);
  refused.delete('slow');
  const { id } = await seen('slow', 1, /^ready/);
  await eventually('lines of what serves', () =>
    lines.some(({ runner, step }) => runner === id && step === undefined),
  );
  await stop();
  expect(lines.filter(({ message }) => /ended/.test(message))).toEqual([]);
  // Each once, whichever part of the log it was read from.
  const written = lines.map(line => JSON.stringify(line));
  expect(new Set(written).size).toBe(written.length);
});

test('what a container wrote before its end is there after its next start, and is followed on', async () => {
  await driver.apply(
    revisionOf('ended', 1, { resources: small, version }),
    never,
  );
  const { id = '' } = await seen('ended', 1, /^ready/);
  const before = (await tailOf('ended')).filter(({ step }) => !step);
  expect(before).not.toEqual([]);
  const followed: LogLine[] = [];
  const stop = await follow('ended', followed);
  await eventually('lines', () => followed.length > 0);
  await execute(id, 'process.kill(1, "SIGTERM")');
  await eventually(
    'its next start',
    async () => {
      const runner = await runnerOf('ended', 1);
      return runner?.phase === 'ready' && runner.restarts === 1;
    },
    PATIENCE_MS,
  );
  const last = before.at(-1)!;
  const isSame = ({ message, step }: LogLine) =>
    message === last.message && step === undefined;
  const after = await eventually(
    'that it said both times that it is there',
    async () => {
      const lines = await tailOf('ended');
      const times = lines.filter(isSame).length;
      return times === 2 * before.filter(isSame).length && lines;
    },
  );
  expect(after).toEqual(expect.arrayContaining(before));
  await eventually(
    'lines of the next start',
    () => followed.filter(isSame).length === after.filter(isSame).length,
  );
  await stop();
});
