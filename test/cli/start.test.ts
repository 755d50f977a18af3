import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { hostState } from '../faults/hostView';
import { endProcessesOf } from '../faults/processesOf';
import { eventually, isAlive, Platform, root } from '../platform/Platform';

/** Longer than the start waits for one answer of the host. */
const HOST_BUSY_MS = 4_000;
const GOOD_CONFIG = 'app: { title: Models }\n';

/** What `npm start` does where something is amiss around it. */
test.describe('npm start', () => {
  let platform: Platform;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'start-'));
  const config = path.join(folder, 'config.yaml');
  /** Where the output of the start at hand begins. */
  let from = 0;

  test.beforeAll(async () => {
    fs.writeFileSync(config, GOOD_CONFIG);
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: config,
    });
  });

  test.afterAll(async () => {
    await platform.stop();
    endProcessesOf(platform.dataDir);
    await platform.destroy();
    fs.rmSync(folder, { recursive: true });
  });

  const inData = (file: string) => path.join(platform.dataDir, file);

  const output = () => platform.output.slice(from);

  const said = (text: string) =>
    eventually(`it says '${text}'`, () => output().includes(text));

  const spawnAgain = () => {
    from = platform.output.length;
    platform.spawn();
  };

  const isHeld = () => {
    try {
      return isAlive(platform.launcherPid);
    } catch {
      return false;
    }
  };

  /** One that serves, started anew unless it does. */
  const running = async () => {
    if (!isHeld()) await platform.start();
    return platform.quickstart;
  };

  /** Portal, host, gateway and runner, by their pids. */
  const everything = async () => {
    const { pid, gateway, deployments } = await hostState(platform.dataDir);
    const runners = Object.values(deployments).flatMap(deployment =>
      deployment.runners.map(runner => runner.pid),
    );
    expect(runners).toHaveLength(1);
    return {
      portal: platform.quickstart.pids.portal,
      host: pid,
      gateway: gateway.pid!,
      runner: runners[0]!,
    };
  };

  const kill = (...pids: number[]) => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // A portal ends with its parent.
      }
    }
  };

  const stopsInWords = async () => {
    expect(await platform.stop()).toBe(0);
    expect(output().trimEnd().split('\n').pop()).toMatch(/^Stopped: /);
    expect(output()).not.toMatch(/did not start|fetch failed|not being served/);
  };

  test('asked to stop while it starts, it says that and nothing else', async () => {
    for (const moment of [
      'publishing and deploying examples/iris',
      'starting the portal',
    ]) {
      spawnAgain();
      await said(moment);
      await stopsInWords();
    }
    await running();
    await platform.stop();
    spawnAgain();
    await said('✓ starting the portal');
    await stopsInWords();
  });

  test('one that finds another gone takes the old quickstart.json away, and waits for a busy host', async () => {
    await running();
    const { portal, gateway, host } = await everything();
    kill(platform.launcherPid);
    await platform.ended();
    await eventually('the portal ended', () => !isAlive(portal));
    spawnAgain();
    await said('Model platform, data in');
    expect(fs.existsSync(inData('quickstart.json'))).toBe(false);
    await said('preparing the Python runtime');
    process.kill(host, 'SIGSTOP');
    await sleep(HOST_BUSY_MS);
    process.kill(host, 'SIGCONT');
    await platform.ready();
    expect(output()).toContain('taken over');
    expect(platform.quickstart.pids.gateway).toBe(gateway);
  });

  test('a gateway whose pid nobody wrote down does not hold its port against the start', async () => {
    await running();
    const { portal, host, gateway } = await everything();
    kill(platform.launcherPid, portal, host);
    await platform.ended();
    const state = JSON.parse(
      fs.readFileSync(inData('host/state.json'), 'utf8'),
    );
    delete state.processes['#gateway'].pid;
    delete state.processes['#gateway'].startTime;
    fs.writeFileSync(inData('host/state.json'), JSON.stringify(state));
    await platform.start();
    expect(platform.quickstart.pids.gateway).toBe(gateway);
  });

  for (const lost of [[], ['host']] as const) {
    test(`asked to stop before it has found what another left${
      lost.length ? ' without a host' : ''
    }, it ends all of that`, async () => {
      await running();
      const pids = await everything();
      // Over this one the next start waits.
      process.kill(pids.portal, 'SIGSTOP');
      kill(platform.launcherPid, ...lost.map(name => pids[name]));
      await platform.ended();
      spawnAgain();
      await said('Model platform, data in');
      await stopsInWords();
      const alive = Object.entries(pids).filter(([, pid]) => isAlive(pid));
      expect(alive).toEqual([]);
    });
  }

  test('a host that cannot be started is tried again and again, and takes nothing with it', async () => {
    await running();
    const { launcherPid } = platform;
    const { portal, host, gateway } = await everything();
    fs.rmSync(inData('logs/host.log'));
    fs.mkdirSync(inData('logs/host.log'));
    from = platform.output.length;
    kill(host);
    await said('host cannot be started');
    await said('starting it again in 2.0 s');
    fs.rmdirSync(inData('logs/host.log'));
    await eventually('another host serves', async () => {
      const state = await hostState(platform.dataDir);
      return state.pid !== host && state.gateway.pid === gateway;
    });
    expect([launcherPid, portal].filter(pid => !isAlive(pid))).toEqual([]);
  });

  test('one that fails ends what it has started, and nothing that served before', async () => {
    const failsToStart = async () => {
      fs.writeFileSync(config, 'app: [\n');
      spawnAgain();
      expect(await platform.ended()).toBe(1);
      fs.writeFileSync(config, GOOD_CONFIG);
      expect(output()).toContain('The portal did not start');
    };
    await running();
    const { portal, ...others } = await everything();
    kill(platform.launcherPid);
    await platform.ended();
    await eventually('the portal ended', () => !isAlive(portal));
    await failsToStart();
    expect(output()).toContain('Gateway and runners go on serving');
    const ended = Object.entries(others).filter(([, pid]) => !isAlive(pid));
    expect(ended).toEqual([]);

    await platform.start();
    expect(await platform.stop()).toBe(0);
    await failsToStart();
    expect(output()).toContain('stopping what it has started');
    expect(fs.existsSync(inData('host/host.lock'))).toBe(false);
    await platform.start();
    expect(await everything()).not.toMatchObject(others);
  });

  test('who reads what it says may go away', async () => {
    await running();
    const { launcherPid } = platform;
    const { portal, host, gateway } = await everything();
    platform.stopReading();
    kill(host);
    await eventually('another host serves', async () => {
      const state = await hostState(platform.dataDir);
      return state.pid !== host && state.gateway.pid === gateway;
    });
    expect([launcherPid, portal].filter(pid => !isAlive(pid))).toEqual([]);
    expect(await platform.stop()).toBe(0);
  });

  test('does not wait for an example that is switched off', async () => {
    await running();
    const off = await platform.cli(['off', 'iris']);
    expect(off, off.stderr).toMatchObject({ code: 0 });
    await platform.stop();
    spawnAgain();
    await platform.ready();
    await said('for scripts');
    expect(output()).not.toMatch(/does not answer|Call a model/);
    expect(platform.quickstart.endpoints).toEqual([]);
    expect((await platform.cli(['on', 'iris'])).code).toBe(0);
    await platform.stop();
    await platform.start();
    expect((await platform.predict('iris')).status).toBe(200);
  });

  test('nobody ever reads a half of a lock', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'start-lock-'));
    const module = path.join(root, 'scripts/lib/dataFolder.mjs');
    let isOver = false;
    const locking = promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      `import { lockDataFolder } from ${JSON.stringify(module)};
       for (let time = 0; time < 5_000; time += 1) lockDataFolder(${JSON.stringify(
         folder,
       )})();`,
    ]).finally(() => {
      isOver = true;
    });
    const seen = new Set<string>();
    while (!isOver) {
      for (let look = 0; look < 1_000; look += 1) {
        try {
          seen.add(fs.readFileSync(path.join(folder, 'start.lock'), 'utf8'));
        } catch {
          // Nobody has it just now.
        }
      }
      await sleep(0);
    }
    await locking;
    fs.rmSync(folder, { recursive: true });
    expect(seen.size).toBe(1);
  });
});
