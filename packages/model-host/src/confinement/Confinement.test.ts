import { createHash } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  HostRunnerState,
  HostState,
  RunnerSpec,
} from '@model-platform/model-wire';
import { buildPrograms, isAlive, TestPlatform, until } from '../testPlatform';
import { makePython, Probe, probeSpec } from '../testProbes';

jest.setTimeout(240_000);

const isRoot = process.getuid?.() === 0;
const MEMORY = 160 * 1024 * 1024;
const REFUSED =
  /^refused: (ENOENT|EACCES|EPERM|ESRCH|EROFS|ERR_ACCESS_DENIED)$/;

let platform: TestPlatform;
let state: HostState;

beforeAll(() => buildPrograms(), 60_000);
beforeEach(() => {
  platform = new TestPlatform();
});
afterEach(async () => {
  await platform.clean();
});

async function call(spec: RunnerSpec, probe: Probe): Promise<Response> {
  return await fetch(`${state.gateway.url}/${spec.endpoint}/predict`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer mpe_test_secret',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ inputs: probe }),
  });
}

async function answer(spec: RunnerSpec, probe: Probe): Promise<string> {
  const response = await call(spec, probe);
  const body = (await response.json()) as { outputs?: { answer: string } };
  if (!body.outputs) {
    throw new Error(JSON.stringify(body));
  }
  return body.outputs.answer;
}

/** Once it is ready after so many restarts. */
/** A starved machine may let a runner seem to hang once more: what counts is why it ended last. */
async function restartedAfter(spec: RunnerSpec, end: RegExp): Promise<void> {
  let seen: HostRunnerState | undefined;
  const isBack = async () => {
    seen = await platform.runner(spec.id);
    return seen?.phase === 'ready' && end.test(seen.message ?? '');
  };
  await until(isBack).catch(error => {
    throw new Error(`${error.message}; it is ${JSON.stringify(seen)}`);
  });
}

async function logOf(spec: RunnerSpec): Promise<string> {
  const logs = await platform.api('GET', `/v1/runners/${spec.id}/logs`);
  return await logs.text();
}

function groupFile(spec: RunnerSpec, name: string): string {
  for (const controller of ['memory', 'cpu']) {
    const found = findBelow(`/sys/fs/cgroup/${controller}`, spec.id, name);
    if (found) {
      return readFileSync(found, 'utf8').trim();
    }
  }
  const unified = findBelow('/sys/fs/cgroup', spec.id, name);
  return unified ? readFileSync(unified, 'utf8').trim() : '';
}

const ownGroup = () =>
  `model-platform-${createHash('sha256')
    .update(platform.dataDir)
    .digest('hex')
    .slice(0, 12)}`;

function findBelow(
  folder: string,
  id: string,
  name: string,
): string | undefined {
  if (!existsSync(folder)) {
    return undefined;
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // A host that was killed left its groups: theirs have the same names.
    const isOthers =
      entry.name.startsWith('model-platform-') && entry.name !== ownGroup();
    if (entry.isDirectory() && !isOthers) {
      const path = join(folder, entry.name);
      const file = join(path, name);
      if (entry.name === id && existsSync(file)) {
        return file;
      }
      const found = findBelow(path, id, name);
      if (found) {
        return found;
      }
    }
  }
  return undefined;
}

/** A group of the kernel that everybody may put processes into. */
function layOpenGroup(): string {
  const top = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find(existsSync);
  const group = join(top ?? '', `open-to-all-${process.pid}`);
  mkdirSync(group);
  chmodSync(join(group, 'cgroup.procs'), 0o666);
  return group;
}

/** What the portal keeps, as platforms of before left it: some of it readable by all. */
function layPlatformFiles(): string[] {
  const at = (path: string) => join(platform.dataDir, path);
  const files = {
    'secrets.json': 0o600,
    'quickstart.json': 0o644,
    'db/model-platform.sqlite': 0o644,
    'blobs/ab/abcd': 0o644,
  };
  for (const [path, mode] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), 'of the platform', { mode });
  }
  return Object.keys(files).map(at);
}

const levels: Array<[string, { level: string; user?: number; PATH?: string }]> =
  [
    ['a file tree of their own', { level: 'sandbox' }],
    ...(isRoot
      ? ([
          // Others than root get to a Python that everybody gets to.
          ['a user of their own', { level: 'user', PATH: '/usr/bin:/bin' }],
          [
            'a file tree, for a platform of an ordinary user',
            { level: 'sandbox', user: 65534, PATH: '/usr/bin:/bin' },
          ],
        ] satisfies typeof levels)
      : []),
  ];

describe.each(levels)('confinement by %s', (_, { level, user, PATH }) => {
  it('keeps endpoint code from what is the platform’s and other systems’', async () => {
    const secrets = layPlatformFiles();
    const ownUser = isRoot && user === undefined;
    const interpreter = makePython(
      platform.dataDir,
      PATH ?? process.env.PATH ?? '',
    );
    platform.user = user;
    platform.handOver();
    const portal = spawn(
      process.execPath,
      ['-e', 'setInterval(() => {}, 1e6)'],
      {
        env: { PORTAL_SECRET: 'of the portal' },
        uid: user,
      },
    );
    try {
      state = await platform.start({
        RUNNER_CONFINEMENT: level,
        PYTHON_RUNNER: interpreter,
      });
      expect(state.confinement).toMatchObject({ level, ownUser });
      expect(state.confinement.summary.includes('can end its processes')).toBe(
        !ownUser,
      );
      const other = probeSpec(platform, {
        name: 'other',
        system: 'patient-care',
        runtime: 'python',
      });
      const specs = (['python', 'node'] as const).map(runtime =>
        probeSpec(platform, {
          name: `mine-${runtime}`,
          system: 'plant-catalogue',
          runtime,
        }),
      );
      platform.handOver();
      for (const spec of [other, ...specs]) {
        await platform.deploy(spec);
      }
      const scratch = (spec: RunnerSpec) =>
        join(platform.dataDir, 'host/scratch', spec.id);
      expect(
        await answer(other, {
          act: 'write',
          subject: join(scratch(other), 'kept.txt'),
        }),
      ).toBe('written');
      const closed = [
        ...secrets,
        ...['host.json', 'state.json', 'plan.json', 'seal.json'].map(name =>
          join(platform.dataDir, 'host', name),
        ),
        join(platform.dataDir, 'logs/gateway.jsonl'),
        join(other.directory, 'endpoint-settings.json'),
        join(other.directory, 'model/knowledge.txt'),
        join(platform.dataDir, 'versions/other/1/files/knowledge.txt'),
        join(scratch(other), 'kept.txt'),
        '/etc/shadow',
        ...[state.pid, state.gateway.pid, portal.pid].map(
          pid => `/proc/${pid}/environ`,
        ),
        `/proc/${(await platform.ready(other.id)).pid}/environ`,
      ];
      for (const spec of specs) {
        const own = join(spec.directory, 'model/knowledge.txt');
        for (const subject of closed) {
          expect([
            subject,
            await answer(spec, { act: 'read', subject }),
          ]).toEqual([subject, expect.stringMatching(REFUSED)]);
        }
        expect(await answer(spec, { act: 'read', subject: own })).toBe(
          `what ${spec.endpoint} knows`,
        );
        for (const subject of [
          own,
          join(spec.directory, 'model.json'),
          `/usr/local/${spec.id}`,
        ]) {
          expect([
            subject,
            await answer(spec, { act: 'write', subject }),
          ]).toEqual([subject, expect.stringMatching(REFUSED)]);
        }
        // Where the data folder is in /tmp, it may write to a place of the same name, in a /tmp of its own.
        const plan = join(platform.dataDir, 'host/plan.json');
        const before = readFileSync(plan, 'utf8');
        await answer(spec, { act: 'write', subject: plan });
        expect(readFileSync(plan, 'utf8')).toBe(before);
        for (const folder of ['host', 'versions', 'runners', 'db']) {
          const listed = await answer(spec, {
            act: 'list',
            subject: join(platform.dataDir, folder),
          });
          // What is there of it in a sandbox is the way to its own files alone.
          expect(listed.replace('plan.json', '')).not.toMatch(
            /other|json|sqlite/,
          );
        }
        for (const pid of [state.pid, portal.pid]) {
          expect(
            await answer(spec, { act: 'signal', subject: String(pid) }),
          ).toMatch(ownUser ? REFUSED : /./);
        }
        const environment = JSON.parse(
          await answer(spec, { act: 'environment' }),
        );
        expect(JSON.stringify(environment)).not.toMatch(
          /of the (portal|platform)|secret of|HIDDEN_FROM_RUNNERS/,
        );
        expect(environment).not.toHaveProperty('RUNNER_SECRET');
        expect(environment.TMPDIR).toBe(scratch(spec));
        const { pid } = await platform.ready(spec.id);
        expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
      }
      // Node's code may not read there.
      const begun = await answer(specs[0], {
        act: 'read',
        subject: '/proc/self/environ',
      });
      // What it was started with, which forgetting a variable does not change.
      expect(begun).toContain(`MODEL_ENDPOINT=${specs[0].endpoint}\0`);
      expect(begun).not.toMatch(/_SECRET=[^\0]/);
      const limits = await answer(specs[0], { act: 'limits' });
      expect(limits).toMatch(/^Max core file size +0 +0/m);
      expect(limits).toMatch(/^NoNewPrivs:\t1$/m);
      expect(limits).toMatch(/^Cap(Prm|Eff|Bnd):\t0+$/m);
      // A user of its own passes through the data folder: what lies in it is closed to it.
      const isPassed = (statSync(platform.dataDir).mode & 0o011) !== 0;
      expect(isPassed).toBe(level === 'user');
      const open = ['secrets.json', 'quickstart.json', 'db', 'blobs'].filter(
        name => statSync(join(platform.dataDir, name)).mode & 0o077,
      );
      expect(isPassed ? open : []).toEqual([]);
    } finally {
      portal.kill('SIGKILL');
    }
  });
});

if (isRoot) {
  it.each(levels.filter(([, { level }]) => level === 'sandbox'))(
    'keeps groups of the kernel out of %s, whoever may write to them',
    async (_, { level, user, PATH }) => {
      const group = layOpenGroup();
      try {
        platform.user = user;
        const interpreter = makePython(
          platform.dataDir,
          PATH ?? process.env.PATH ?? '',
        );
        platform.handOver();
        state = await platform.start({
          RUNNER_CONFINEMENT: level,
          PYTHON_RUNNER: interpreter,
        });
        const spec = probeSpec(platform, {
          name: 'escaping',
          system: 'plant-catalogue',
          runtime: 'python',
        });
        platform.handOver();
        await platform.deploy(spec);
        const subject = join(group, 'cgroup.procs');
        expect(await answer(spec, { act: 'write', subject })).toMatch(REFUSED);
        const place = '/sys/fs/cgroup';
        expect(await answer(spec, { act: 'list', subject: place })).toBe('');
        expect(
          await answer(spec, { act: 'write', subject: join(place, 'new') }),
        ).toMatch(REFUSED);
        // Another namespace would let it mount them anew, where it is the owner.
        expect(await answer(spec, { act: 'leave' })).toMatch(
          user === undefined ? /./ : /^refused: ENOSPC$/,
        );
      } finally {
        rmdirSync(group);
      }
    },
  );

  it('tries out programs without its own environment', async () => {
    const seen = mkdtempSync(join(tmpdir(), 'model-host-seen-'));
    try {
      chmodSync(seen, 0o777);
      const PYTHON_RUNNER = join(seen, 'python');
      writeFileSync(PYTHON_RUNNER, `#!/bin/sh\nenv > ${seen}/$(id -u)\n`, {
        mode: 0o755,
      });
      platform.launcher = ['setpriv', '--bounding-set=-sys_admin', '--'];
      state = await platform.start({ PYTHON_RUNNER });
      expect(state.confinement.level).toBe('user');
      const [other] = readdirSync(seen).filter(name => /^[1-9]/.test(name));
      const variables = readFileSync(join(seen, other), 'utf8');
      expect(variables).toContain('PATH=');
      expect(variables).not.toContain('HIDDEN_FROM_RUNNERS');
    } finally {
      rmSync(seen, { recursive: true });
    }
  });

  it('starts nothing as the platform’s user where a user of its own is demanded, and says where it is not', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'model-host-closed-'));
    try {
      const PYTHON_RUNNER = makePython(closed, '/usr/bin:/bin');
      const spec = probeSpec(platform, {
        name: 'behind',
        system: 'plant-catalogue',
        runtime: 'python',
      });
      const put = { runners: [spec] };

      // As in most containers: root, that may make no mounts.
      platform.launcher = ['setpriv', '--bounding-set=-sys_admin', '--'];
      state = await platform.start({ PYTHON_RUNNER });
      const weak =
        /run as the platform's user, for another user does not get to /;
      expect(state.confinement).toMatchObject({
        level: 'user',
        ownUser: false,
        summary: expect.stringMatching(weak),
      });
      expect(platform.output).toMatch(weak);
      await platform.api('PUT', '/v1/deployments/behind/runners', put);
      const open = await platform.ready(spec.id);
      expect(open.message).toMatch(/^it runs as the platform's user/);
      expect(open.message).toContain(`chmod o+x ${closed}`);
      expect(statSync(`/proc/${open.pid}`).uid).toBe(0);
      // What it started is left behind, and not taken over by one that demands more.
      await platform.killHost();

      state = await platform.start({
        PYTHON_RUNNER,
        RUNNER_CONFINEMENT: 'user',
      });
      const failed = await until(async () => {
        const runner = await platform.runner(spec.id);
        return runner?.phase === 'failed' && runner;
      });
      expect(failed.message).toMatch(
        /^RUNNER_CONFINEMENT is 'user', and another user does not get to /,
      );
      expect(failed.message).toContain(`chmod o+x ${closed}`);
      expect(isAlive(open.pid)).toBe(false);
      expect(state.confinement.summary).toContain('are not started');

      execFileSync('chmod', ['-R', 'go+rX', closed]);
      const { pid, message } = await platform.ready(spec.id);
      expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
      expect(message).not.toMatch(/it runs as/);
      expect((await platform.state()).confinement).toMatchObject({
        ownUser: true,
        summary: expect.not.stringContaining('are not started'),
      });
    } finally {
      rmSync(closed, { recursive: true });
    }
  });
}

describe('limits', () => {
  it.each(isRoot ? ['node', 'python'] : ['node'])(
    'ends %s code over its memory, says why, and starts it again',
    async runtime => {
      state = await platform.start({
        PYTHON_RUNNER: makePython(platform.dataDir, process.env.PATH ?? ''),
      });
      const spec = probeSpec(platform, {
        name: 'hungry',
        system: 'plant-catalogue',
        runtime: runtime as 'node' | 'python',
        changes: { resources: { memoryBytes: MEMORY, cpuCores: 0.5 } },
      });
      await platform.deploy(spec);
      const { pid } = await platform.ready(spec.id);
      expect(await answer(spec, { act: 'fill', subject: '16' })).toBe('filled');
      const response = await call(spec, { act: 'fill', subject: '1024' });
      expect(response.status).toBe(502);
      const again = await until(async () => {
        const runner = await platform.runner(spec.id);
        return runner?.phase === 'ready' && runner.pid !== pid && runner;
      });
      const reason =
        'used more than its 160Mi of memory; raise resources.memory';
      expect(again).toMatchObject({ restarts: 1, message: reason });
      expect(await logOf(spec)).toContain(reason);
      expect(platform.output).toContain(reason);

      process.kill(again.pid as number, 'SIGKILL');
      const killed = await until(async () => {
        const runner = await platform.runner(spec.id);
        return runner?.restarts === 2 && runner;
      });
      expect(killed.message).toBe('ended by SIGKILL');
    },
  );

  it('watches memory where no group holds it', async () => {
    state = await platform.start({ RUNNER_CONFINEMENT: 'none' });
    expect(state.confinement).toMatchObject({
      level: 'none',
      memory: 'watched',
      cpu: 'threads',
    });
    const spec = probeSpec(platform, {
      name: 'hungry',
      system: 'plant-catalogue',
      runtime: 'node',
      changes: { resources: { memoryBytes: MEMORY, cpuCores: 1.5 } },
    });
    await platform.deploy(spec);
    const environment = JSON.parse(await answer(spec, { act: 'environment' }));
    expect(environment).toMatchObject({
      OMP_NUM_THREADS: '2',
      OPENBLAS_NUM_THREADS: '2',
      MKL_NUM_THREADS: '2',
      UV_THREADPOOL_SIZE: '4',
    });
    // It may be ended before it has answered.
    await call(spec, { act: 'fill', subject: '256' });
    const ended = await until(async () => {
      const runner = await platform.runner(spec.id);
      return runner?.restarts === 1 && runner;
    });
    expect(ended.message).toMatch(/^used more than its 160Mi of memory/);
  });

  it('finds code that never comes back, answers its callers in time, and starts it again', async () => {
    state = await platform.start({
      HANG_GRACE_MS: '2000',
      PYTHON_RUNNER: makePython(platform.dataDir, process.env.PATH ?? ''),
    });
    const specs = (['node', 'python'] as const).map(runtime =>
      probeSpec(platform, {
        name: `endless-${runtime}`,
        system: 'plant-catalogue',
        runtime,
        changes: { requestTimeoutMs: 2_000 },
      }),
    );
    for (const spec of specs) {
      await platform.deploy(spec);
      const limits = { maxBodyBytes: 1_048_576, timeoutMs: 2_000 };
      const plan = platform.plan([spec], { limits });
      await platform.api('PUT', `/v1/deployments/${spec.endpoint}/route`, plan);
      const response = await call(spec, { act: 'spin' });
      expect(response.status).toBe(504);
      expect(await response.text()).toContain('did not answer within 2000 ms');
      await restartedAfter(
        spec,
        /^answered nothing for 4 s, .* never comes back/,
      );
      await until(
        async () => (await call(spec, { act: 'environment' })).status === 200,
      );
      expect((await call(spec, { act: 'crash' })).status).toBe(502);
      await restartedAfter(spec, /^exit code 3/);
    }
  });

  it('says what it cannot give', async () => {
    state = await platform.start();
    const spec = probeSpec(platform, {
      name: 'gpus',
      system: 'plant-catalogue',
      runtime: 'node',
      changes: { resources: { gpus: 9 } },
    });
    await platform.api('PUT', '/v1/deployments/gpus/runners', {
      runners: [spec],
    });
    const failed = await until(async () => {
      const runner = await platform.runner(spec.id);
      return runner?.phase === 'failed' && runner;
    });
    expect(failed.message).toMatch(
      /^it asks for 9 GPUs \(resources\.gpu\), and this machine has /,
    );
  });

  if (isRoot) {
    it('holds CPU and memory in groups of the kernel once it is ready, and clears them away', async () => {
      state = await platform.start();
      expect(state.confinement).toMatchObject({
        memory: 'group',
        cpu: 'group',
      });
      const spec = probeSpec(platform, {
        name: 'grouped',
        system: 'plant-catalogue',
        runtime: 'node',
        changes: { resources: { memoryBytes: MEMORY, cpuCores: 0.25 } },
      });
      await platform.deploy(spec);
      const { pid } = await platform.ready(spec.id);
      const isUnified = state.confinement.summary.includes('cgroup v2');
      const names = isUnified
        ? ['memory.max', 'cpu.max', 'cgroup.procs']
        : ['memory.limit_in_bytes', 'cpu.cfs_quota_us', 'cgroup.procs'];
      await until(() => groupFile(spec, names[1]).startsWith('25000'));
      expect(groupFile(spec, names[0])).toBe(String(MEMORY));
      expect(groupFile(spec, names[2])).toBe(String(pid));
      await platform.api('DELETE', '/v1/deployments/grouped');
      expect(groupFile(spec, names[2])).toBe('');
      expect(existsSync(join(platform.dataDir, 'host/scratch', spec.id))).toBe(
        false,
      );
    });

    it.each(['node', 'python'] as const)(
      'gives %s code that burns CPU no more of it than it has',
      async runtime => {
        state = await platform.start({
          PYTHON_RUNNER: makePython(platform.dataDir, process.env.PATH ?? ''),
        });
        const spec = probeSpec(platform, {
          name: 'burning',
          system: 'plant-catalogue',
          runtime,
          // Less than it gets beside much other work.
          changes: { resources: { memoryBytes: MEMORY, cpuCores: 0.1 } },
        });
        await platform.deploy(spec);
        await platform.ready(spec.id);
        const quota = state.confinement.summary.includes('cgroup v2')
          ? 'cpu.max'
          : 'cpu.cfs_quota_us';
        await until(() => groupFile(spec, quota).startsWith('10000'));
        const throttled = () =>
          Number(
            /^nr_throttled (\d+)$/m.exec(groupFile(spec, 'cpu.stat'))?.[1],
          );
        const before = throttled();
        // Of a core; without the limit it is a whole one.
        const share = Number(await answer(spec, { act: 'burn', subject: '3' }));
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThan(0.5);
        expect(throttled()).toBeGreaterThan(before);
      },
    );
  }
});
