import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { HostState, RunnerSpec } from '@model-platform/model-wire';
import { HostLock } from './HostLock';
import { readJsonFile } from './jsonFile';
import { startTimeOf } from './startTimeOf';
import { buildPrograms, isAlive, TestPlatform, until } from './testPlatform';
import { holdOf, Probe, probeSpec } from './testProbes';

jest.setTimeout(240_000);

const isRoot = process.getuid?.() === 0;

let platform: TestPlatform;

beforeAll(() => buildPrograms(), 60_000);
beforeEach(() => {
  platform = new TestPlatform();
});
afterEach(async () => {
  await platform.clean();
});

function environmentNames(pid: number | undefined): string[] {
  const text =
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/environ`, 'utf8')
      : execFileSync('ps', ['-Eww', '-o', 'command=', '-p', String(pid)], {
          encoding: 'utf8',
        }).replaceAll(' ', '\0');
  return text.split('\0').map(line => line.split('=')[0]);
}

async function message(response: Response): Promise<string> {
  return ((await response.json()) as { error: { message: string } }).error
    .message;
}

/** Status of one call of the endpoint `slow`. */
async function callSlow(gatewayUrl: string, probe: Probe): Promise<number> {
  const { status } = await fetch(`${gatewayUrl}/slow/predict`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer mpe_test_secret',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ inputs: probe }),
  });
  return status;
}

describe('Host', () => {
  it('starts, routes, swaps and removes, and leaves nothing behind', async () => {
    const { gateway } = await platform.start();
    expect(statSync(join(platform.dataDir, 'host')).mode & 0o777).toBe(0o700);
    for (const file of ['host.json', 'state.json']) {
      expect(statSync(join(platform.dataDir, 'host', file)).mode & 0o777).toBe(
        0o600,
      );
    }
    const first = platform.spec('iris', 1);
    const second = platform.spec('iris', 2);
    const early = await platform.api(
      'PUT',
      '/v1/deployments/iris/route',
      platform.plan([first]),
    );
    expect(early.status).toBe(409);
    await platform.deploy(first);
    await platform.deploy(first);
    expect(await platform.predict(gateway.url, 'iris')).toBe(200);
    const before = await platform.ready(first.id);
    expect(before).toMatchObject({ restarts: 0, phase: 'ready', revision: 1 });

    const names = environmentNames(before.pid);
    expect(names).not.toContain('HIDDEN_FROM_RUNNERS');
    expect(names).toEqual(
      expect.arrayContaining([
        'MODEL_DIR',
        'RUNNER_SECRET',
        'METRICS_SECRET',
        'HOME',
        'PATH',
        'DO_NOT_TRACK',
        'ORT_DISABLE_TELEMETRY',
      ]),
    );
    // Of processes alone.
    expect(names).not.toContain('STATE_KEY');

    const statuses = new Set<number>();
    let isOver = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        statuses.add(await platform.predict(gateway.url, 'iris'));
      }
    });
    await platform.deploy(second);
    const routed = await platform.state();
    expect(routed.deployments.iris.routedRevision).toBe(2);
    const busy = await platform.api('POST', '/v1/deployments/iris/release', {
      keep: [first.id],
    });
    expect(busy.status).toBe(409);
    expect(await message(busy)).toContain(second.id);
    const released = await platform.api(
      'POST',
      '/v1/deployments/iris/release',
      {
        keep: [second.id],
      },
    );
    expect(released.status).toBe(200);
    expect(isAlive(before.pid)).toBe(false);
    isOver = true;
    await Promise.all(load);
    expect(statuses).toEqual(new Set([200]));
    expect(
      (await platform.state()).deployments.iris.runners.map(({ id }) => id),
    ).toEqual([second.id]);

    const { pid } = await platform.ready(second.id);
    expect((await platform.api('DELETE', '/v1/deployments/iris')).status).toBe(
      200,
    );
    expect((await platform.api('DELETE', '/v1/deployments/iris')).status).toBe(
      200,
    );
    expect(isAlive(pid)).toBe(false);
    expect(await platform.predict(gateway.url, 'iris')).toBe(404);
    expect((await platform.state()).deployments).toEqual({});
  });

  it('tells the state of one deployment alone', async () => {
    await platform.start();
    await platform.deploy(platform.spec('iris'));
    await platform.deploy(platform.spec('rose'));
    const told = async (query: string) => {
      const response = await platform.api('GET', `/v1/state${query}`);
      return (await response.json()) as HostState;
    };
    const { deployments, ...machine } = await told('');
    expect(Object.keys(deployments).sort()).toEqual(['iris', 'rose']);
    expect(await told('?endpoint=rose')).toEqual({
      ...machine,
      deployments: { rose: deployments.rose },
    });
    for (const query of ['?endpoint=', '?endpoint=lily']) {
      expect(await told(query)).toEqual({ ...machine, deployments: {} });
    }
  });

  it('takes over what a killed host left, without a second copy or a failed call', async () => {
    const { gateway } = await platform.start();
    const specs = [platform.spec('iris'), platform.spec('rose')];
    await platform.deploy(specs[0]);
    await platform.deploy(specs[1]);
    const before = await platform.state();
    await platform.killHost();

    const statuses = new Set<number>();
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        statuses.add(await platform.predict(gateway.url, 'iris'));
      }
    })();
    expect(existsSync(join(platform.dataDir, 'host/host.json'))).toBe(true);
    const after = await platform.start();
    await Promise.all(specs.map(({ id }) => platform.ready(id)));
    isOver = true;
    await load;
    expect(statuses).toEqual(new Set([200]));
    expect(after.gateway.pid).toBe(before.gateway.pid);
    expect(after.gateway.url).toBe(before.gateway.url);
    for (const endpoint of ['iris', 'rose']) {
      const [old] = before.deployments[endpoint].runners;
      const [now] = (await platform.state()).deployments[endpoint].runners;
      expect(now).toMatchObject({
        pid: old.pid,
        restarts: 0,
        phase: 'ready',
        url: old.url,
      });
    }

    // One that is no child of this host is watched all the same.
    const { pid } = await platform.ready('iris-r1-main-0');
    process.kill(pid as number, 'SIGKILL');
    const back = await until(async () => {
      const runner = await platform.runner('iris-r1-main-0');
      return runner?.phase === 'ready' && runner.pid !== pid && runner;
    });
    expect(back.restarts).toBe(1);
    await until(
      async () => (await platform.predict(gateway.url, 'iris')) === 200,
    );
  });

  it('asked to end while it starts, it ends what a killed host left', async () => {
    await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    const { gateway } = await platform.state();
    const { pid } = await platform.ready(spec.id);
    await platform.killHost();
    const lock = join(platform.dataDir, 'host/host.lock');
    const child = platform.spawn();
    // Between the old one and its own there is none.
    await until(
      () => (readJsonFile(lock) as { pid: number })?.pid === child.pid,
    );
    child.kill('SIGTERM');
    await until(() => child.exitCode !== null || child.signalCode !== null);
    expect(child.exitCode).toBe(0);
    expect([gateway.pid, pid].filter(isAlive)).toEqual([]);
    expect(existsSync(lock)).toBe(false);
    expect(existsSync(join(platform.dataDir, 'host/host.json'))).toBe(false);
  });

  it('starts a killed runner again, counts it and says why', async () => {
    const { gateway } = await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    const { pid } = await platform.ready(spec.id);
    process.kill(pid as number, 'SIGKILL');
    const back = await until(async () => {
      const runner = await platform.runner(spec.id);
      return runner?.phase === 'ready' && runner.pid !== pid && runner;
    });
    expect(back).toMatchObject({ restarts: 1, message: 'ended by SIGKILL' });
    await until(
      async () => (await platform.predict(gateway.url, 'iris')) === 200,
    );
    expect(await (await platform.api('GET', '/metrics')).text()).toContain(
      'model_runner_restarts_total{system="plant-catalogue",model="iris",version="1",environment="local",endpoint="iris",variant="main",revision="1"} 1',
    );
  });

  it('starts a killed gateway again with all its routes', async () => {
    const { gateway } = await platform.start();
    await platform.deploy(platform.spec('iris'));
    process.kill(gateway.pid as number, 'SIGKILL');
    const back = await until(async () => {
      const state = await platform.state();
      return state.gateway.ready && state.gateway.pid !== gateway.pid && state;
    });
    expect(back.gateway).toMatchObject({
      url: gateway.url,
      restarts: 1,
      message: 'ended by SIGKILL',
    });
    expect(back.deployments.iris.routedRevision).toBe(1);
    expect(await platform.predict(gateway.url, 'iris')).toBe(200);
  });

  it('serves again when host, gateway and runner were killed together', async () => {
    const { gateway } = await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    const { pid } = await platform.ready(spec.id);
    await platform.killHost();
    process.kill(pid as number, 'SIGKILL');
    process.kill(gateway.pid as number, 'SIGKILL');
    await platform.start();
    expect(await platform.ready(spec.id)).toMatchObject({
      restarts: 1,
      message: 'ended while the host was away',
    });
    await until(
      async () => (await platform.predict(gateway.url, 'iris')) === 200,
    );
  });

  it('finds a runner whose pid it could not write down, and never touches a stranger with a reused pid', async () => {
    await platform.start();
    const specs = [
      platform.spec('iris'),
      platform.spec('rose'),
      platform.spec('gone'),
    ];
    for (const spec of specs) {
      await platform.deploy(spec);
    }
    const before = await platform.state();
    await platform.killHost();
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      const file = join(platform.dataDir, 'host/state.json');
      const state = JSON.parse(readFileSync(file, 'utf8'));
      // Killed between start and record.
      delete state.processes['iris-r1-main-0'].pid;
      delete state.processes['iris-r1-main-0'].startTime;
      // Its own is gone, and the system gave the pid to another program.
      process.kill(before.deployments.rose.runners[0].pid as number, 'SIGKILL');
      state.processes['rose-r1-main-0'].pid = stranger.pid;
      writeFileSync(file, JSON.stringify(state));
      // Not in the plan any more: it is ended.
      const planFile = join(platform.dataDir, 'host/plan.json');
      const plan = JSON.parse(readFileSync(planFile, 'utf8'));
      delete plan.deployments.gone;
      writeFileSync(planFile, JSON.stringify(plan));

      await platform.start();
      expect((await platform.ready('iris-r1-main-0')).pid).toBe(
        before.deployments.iris.runners[0].pid,
      );
      const rose = await platform.ready('rose-r1-main-0');
      expect(rose.pid).not.toBe(stranger.pid);
      expect(isAlive(stranger.pid)).toBe(true);
      await until(() => !isAlive(before.deployments.gone.runners[0].pid));
      const recorded = JSON.parse(readFileSync(file, 'utf8')).processes[
        'iris-r1-main-0'
      ];
      expect(recorded.startTime).toBe(startTimeOf(recorded.pid));
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('does not take over a process that does not know the secret', async () => {
    await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    const { pid } = await platform.ready(spec.id);
    await platform.killHost();
    const file = join(platform.dataDir, 'host/state.json');
    const state = JSON.parse(readFileSync(file, 'utf8'));
    state.processes[spec.id].secret = 'another secret than it was given';
    writeFileSync(file, JSON.stringify(state));
    await platform.start();
    const back = await until(async () => {
      const runner = await platform.runner(spec.id);
      return runner?.phase === 'ready' && runner;
    });
    expect(back.pid).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves no process on SIGTERM, within 5 s, and serves the plan at the next start', async () => {
    const { gateway } = await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    const startedAt = Date.now();
    await platform.stopHost();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(platform.host.exitCode).toBe(0);
    expect(platform.seenPids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(platform.dataDir, 'host/host.json'))).toBe(false);
    await platform.start();
    await until(
      async () => (await platform.predict(gateway.url, 'iris')) === 200,
    );
    expect(await platform.ready(spec.id)).toMatchObject({ restarts: 0 });
  });

  it('lets runners finish their calls, as long as calls may take, but waits for none when it stops', async () => {
    // Nobody is taken for one that never comes back, however slow the machine is.
    const settings = { DRAIN_TIMEOUT_MS: '100', HANG_GRACE_MS: '600000' };
    const { gateway } = await platform.start(settings);
    const first = probeSpec(platform, {
      name: 'slow',
      system: 'plant-catalogue',
      runtime: 'node',
      changes: { requestTimeoutMs: 20_000 },
    });
    const next = (revision: number) => ({
      ...{ ...first, id: `slow--r${revision}-main-0`, revision },
      // Less than their route gives their calls.
      requestTimeoutMs: 100,
    });
    const call = (probe: Probe) => callSlow(gateway.url, probe);
    /** Its runner has it, and keeps it until it is let go. */
    const held = async (spec: RunnerSpec) => {
      const { probe, isHeld, letGo } = holdOf(platform, spec, spec.id);
      const answer = call(probe);
      await until(isHeld);
      return { answer, letGo };
    };
    /** Beside a call that the one before has begun to answer. */
    const rollTo = async (spec: RunnerSpec, before: RunnerSpec) => {
      await platform.deploy(spec);
      const path = '/v1/deployments/slow/release';
      const released = platform.api('POST', path, { keep: [spec.id] });
      released.catch(() => {});
      await until(
        async () => (await platform.runner(before.id))?.phase === 'draining',
      );
      return { released };
    };
    await platform.deploy(first);
    for (const [before, after] of [
      [first, next(2)],
      [next(2), next(3)],
    ]) {
      const slow = await held(before);
      const { released } = await rollTo(after, before);
      slow.letGo();
      expect(await slow.answer).toBe(200);
      expect((await released).status).toBe(200);
    }

    const outlasting = await held(next(3));
    await rollTo(next(4), next(3));
    await platform.killHost();
    await platform.start(settings);
    outlasting.letGo();
    expect(await outlasting.answer).toBe(200);

    const { pid } = await platform.ready(next(4).id);
    const endless = await held(next(4));
    endless.answer.catch(() => {});
    await rollTo(next(5), next(4));
    await platform.killHost();
    await platform.start(settings);
    expect(isAlive(pid)).toBe(true);
    await platform.stopHost();
    expect(isAlive(pid)).toBe(false);
    expect(await endless.answer.catch(() => 'cut')).not.toBe(200);
  });

  it('makes way for a runner that is put again while it drains, and waits for neither when it stops', async () => {
    const spec = probeSpec(platform, {
      name: 'slow',
      system: 'plant-catalogue',
      runtime: 'node',
      changes: { requestTimeoutMs: 600_000 },
    });
    /** Switched off while it has a call that never ends, and put again. */
    const putWhileDraining = async (gatewayUrl: string) => {
      await platform.deploy(spec);
      const { pid } = await platform.ready(spec.id);
      const { probe, isHeld } = holdOf(platform, spec, `call-${pid}`);
      callSlow(gatewayUrl, probe).catch(() => {});
      await until(isHeld);
      const path = '/v1/deployments/slow';
      const off = { ...platform.plan([spec]), variants: [] };
      expect((await platform.api('PUT', `${path}/route`, off)).status).toBe(
        200,
      );
      platform.api('POST', `${path}/release`, { keep: [] }).catch(() => {});
      await until(
        async () => (await platform.runner(spec.id))?.phase === 'draining',
      );
      const put = { runners: [spec] };
      expect((await platform.api('PUT', `${path}/runners`, put)).status).toBe(
        200,
      );
      return pid;
    };
    const quick = await platform.start({ DRAIN_TIMEOUT_MS: '100' });
    const before = await putWhileDraining(quick.gateway.url);
    const after = await platform.ready(spec.id);
    expect(after.pid).not.toBe(before);
    expect(isAlive(before)).toBe(false);
    await platform.stopHost();

    const patient = await platform.start({ DRAIN_TIMEOUT_MS: '600000' });
    const last = await putWhileDraining(patient.gateway.url);
    expect(isAlive(last)).toBe(true);
    await platform.stopHost();
    expect(platform.seenPids.filter(isAlive)).toEqual([]);
  });

  it('refuses a second host on the same data folder', async () => {
    await platform.start();
    const second = platform.spawn();
    // With all that it says.
    expect(await once(second, 'close')).toEqual([1, null]);
    expect(platform.output).toContain(
      `Another host (process ${platform.host.pid}) already serves`,
    );
    expect((await platform.state()).gateway.ready).toBe(true);
  });

  it('says why a model cannot run, and keeps trying', async () => {
    await platform.start({
      MODEL_PLATFORM_PYTHON_UNAVAILABLE: 'no Python 3.12 was found',
    });
    const broken = platform.spec('broken');
    writeFileSync(join(broken.directory, 'model/iris.onnx'), 'not a model');
    const python = platform.spec('snake', 1, { runtime: 'python' });
    await platform.api('PUT', '/v1/deployments/broken/runners', {
      runners: [broken],
    });
    await platform.api('PUT', '/v1/deployments/snake/runners', {
      runners: [python],
    });
    const failed = await until(async () => {
      const runner = await platform.runner(broken.id);
      return runner?.phase === 'failed' && runner.restarts > 1 && runner;
    });
    expect(failed.message).toMatch(/^exit code 1: .+/);
    expect(await platform.runner(python.id)).toMatchObject({
      phase: 'failed',
      message: 'no Python 3.12 was found',
    });
    expect((await platform.state()).unavailableRuntimes).toEqual({
      python: 'no Python 3.12 was found',
    });
    const route = await platform.api(
      'PUT',
      '/v1/deployments/broken/route',
      platform.plan([broken]),
    );
    expect(route.status).toBe(409);
    expect(await message(route)).toContain(
      `${broken.id} is failed (exit code 1`,
    );
    // The developer's repair is taken up by the next try.
    const repaired = platform.spec('broken');
    expect((await platform.ready(repaired.id)).pid).toBeDefined();
  });

  it('gives a runner that cannot get ready up after the time it has', async () => {
    await platform.start({ START_TIMEOUT_MS: '1' });
    const spec = platform.spec('iris');
    await platform.api('PUT', '/v1/deployments/iris/runners', {
      runners: [spec],
    });
    const failed = await until(async () => {
      const runner = await platform.runner(spec.id);
      return runner?.phase === 'failed' && runner;
    });
    expect(failed.message).toMatch(/^was not ready after 0.001 s/);
  });

  it('lets tokens be revoked while a runner is down', async () => {
    const { gateway } = await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    writeFileSync(
      join(spec.directory, 'model/iris.onnx'),
      'not a model any more',
    );
    process.kill((await platform.ready(spec.id)).pid as number, 'SIGKILL');
    await until(
      async () => (await platform.runner(spec.id))?.phase === 'failed',
    );
    const path = '/v1/deployments/iris/route';
    const revoked = platform.plan([spec], { tokens: [] });
    expect((await platform.api('PUT', path, revoked)).status).toBe(200);
    expect(await platform.predict(gateway.url, 'iris')).toBe(401);
  });

  it('tells logs, wraps what is not JSON, and follows', async () => {
    await platform.start();
    const spec = platform.spec('iris');
    await platform.deploy(spec);
    const file = join(platform.dataDir, 'logs/runners', `${spec.id}.jsonl`);
    const path = `/v1/runners/${spec.id}/logs`;
    const read = async (query: string) =>
      (await (await platform.api('GET', path + query)).text())
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line));
    const lines = await read('?tail=100');
    expect(lines.map(line => line.message)).toContain('ready');
    writeFileSync(file, 'Segmentation fault\n', { flag: 'a' });
    expect(await read('?tail=1')).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-/),
        level: 'info',
        message: 'Segmentation fault',
      },
    ]);
    const following = await platform.api('GET', `${path}?tail=0&follow=true`);
    const reader = (following.body as ReadableStream<Uint8Array>).getReader();
    writeFileSync(
      file,
      '{"at":"2026-01-01T00:00:00Z","level":"warn","message":"new"}\n',
      { flag: 'a' },
    );
    const { value } = await reader.read();
    expect(
      JSON.parse(Buffer.from(value as Uint8Array).toString()),
    ).toMatchObject({ message: 'new' });
    await reader.cancel();

    await platform.api('DELETE', '/v1/deployments/iris');
    expect((await read('?tail=5')).map(line => line.message)).toContain('new');
    expect((await platform.api('GET', '/v1/runners/nobody/logs')).status).toBe(
      404,
    );
    expect((await platform.api('GET', `${path}?tail=-1`)).status).toBe(400);
  });

  it('refuses who has no secret, and says what is wrong with a request', async () => {
    await platform.start();
    const { url } = platform.address;
    expect((await fetch(`${url}/v1/state`)).status).toBe(401);
    expect(
      (
        await fetch(`${url}/v1/state`, {
          headers: { authorization: 'Bearer x' },
        })
      ).status,
    ).toBe(401);
    const bad = await platform.api('PUT', '/v1/deployments/iris/runners', {
      runners: [{ ...platform.spec('iris'), id: '../x', runtime: 'perl' }],
    });
    expect(bad.status).toBe(400);
    const { error } = (await bad.json()) as {
      error: { fields: Array<{ path: string }> };
    };
    expect(error.fields.map(({ path }) => path)).toEqual([
      'runners.0.id',
      'runners.0.runtime',
    ]);
    const foreign = await platform.api('PUT', '/v1/deployments/iris/runners', {
      runners: [platform.spec('rose')],
    });
    expect(foreign.status).toBe(400);
    expect(
      (await platform.api('PUT', '/v1/deployments/..%2Fx/runners', {})).status,
    ).toBe(404);
    expect((await platform.api('GET', '/v1/nothing')).status).toBe(404);
    const state = (await (
      await platform.api('GET', '/v1/state')
    ).json()) as HostState;
    expect(state.deployments).toEqual({});
  });

  it('starts with what a broken state file leaves, and not with a broken plan', async () => {
    mkdirSync(join(platform.dataDir, 'host'), { recursive: true });
    writeFileSync(join(platform.dataDir, 'host/state.json'), '{"half');
    expect((await platform.start()).gateway.ready).toBe(true);
    await platform.stopHost();
    writeFileSync(join(platform.dataDir, 'host/plan.json'), '{"half');
    const child = platform.spawn();
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(platform.output).toMatch(/plan\.json is not JSON/);
  });

  // Others than root mount nothing; where tests must not be left out, they fail.
  (isRoot || process.env.CI ? describe : describe.skip)(
    'on a full disk',
    () => {
      it('leaves no lock that names nobody', async () => {
        const fill = platform.mountDisk(1);
        const lock = join(platform.dataDir, 'host.lock');
        const filler = fill();
        expect(() => HostLock.acquire(lock)).toThrow(/ENOSPC/);
        expect(readdirSync(platform.dataDir)).toEqual([basename(filler)]);
        rmSync(filler);
        HostLock.acquire(lock).release();
        expect(readdirSync(platform.dataDir)).toEqual([]);
      });

      it('starts runners again, and cuts logs', async () => {
        const fill = platform.mountDisk(64);
        const { gateway } = await platform.start();
        const spec = platform.spec('iris');
        await platform.deploy(spec);
        const { pid } = await platform.ready(spec.id);
        const logs = join(platform.dataDir, 'logs/runners');
        const [large, old, halfway] = [
          `${spec.id}.jsonl`,
          'rose-r1-main-0.jsonl',
          'rose-r2-main-0.jsonl.tmp',
        ].map(name => join(logs, name));
        appendFileSync(large, `${'x'.repeat(1_023)}\n`.repeat(11_000));
        for (const path of [old, halfway]) {
          writeFileSync(path, '');
          utimesSync(path, 0, 0);
        }
        const filler = fill();
        process.kill(pid as number, 'SIGKILL');
        await until(() => !existsSync(old) && !existsSync(halfway));
        await until(() => statSync(large).size < 1_048_576);
        await until(() => !existsSync(`${large}.tmp`));
        expect(platform.host.exitCode).toBe(null);
        rmSync(filler);
        await until(
          async () => (await platform.predict(gateway.url, 'iris')) === 200,
        );
        expect((await platform.ready(spec.id)).restarts).toBeGreaterThan(0);
        expect(platform.output).toContain('not kept');
        expect(platform.output).toContain('ENOSPC');
      });
    },
  );
});
