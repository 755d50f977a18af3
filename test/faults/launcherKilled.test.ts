import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { eventually, isAlive, Platform } from '../platform/Platform';
import { diceOf, faultRuns, report } from './faultRuns';
import { hostState } from './hostView';
import { Load } from './Load';
import { PlatformCheck } from './PlatformCheck';
import { endProcessesOf, processesOf } from './processesOf';

const SUITE = 'npm start killed';
/** Each takes two starts: few of them tell enough. */
const RUNS = Math.ceil(faultRuns / 10);

test.describe.serial('npm start itself is killed', () => {
  let platform: Platform;
  let check: PlatformCheck;
  let load: Load;
  let kills = 0;
  let longestOutageMs = 0;

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris,disease-progression',
    });
    await platform.start();
    check = new PlatformCheck(platform);
    load = Load.start(platform, platform.quickstart.endpoints[0], 20);
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    await load?.stop();
    await platform.destroy();
    endProcessesOf(platform.dataDir);
    report(
      SUITE,
      `${kills} kills; ${load?.calls} calls meanwhile, ${load?.failed.length} failed (and ${load?.forgotten} while everything was stopped, or the gateway was killed: it was back after ${longestOutageMs} ms at most)`,
    );
  });

  const inData = (file: string) => path.join(platform.dataDir, file);

  /** Whoever wrote it, told within a moment. */
  const pidIn = async (file: string): Promise<number> => {
    for (;;) {
      try {
        return JSON.parse(fs.readFileSync(inData(file), 'utf8')).pid;
      } catch {
        await sleep(1);
      }
    }
  };

  const runners = async () => {
    const { gateway, deployments } = await hostState(platform.dataDir);
    return [
      gateway.pid,
      ...Object.values(deployments).flatMap(deployment =>
        deployment.runners.map(({ pid }) => pid),
      ),
    ];
  };

  const startAgain = async () => {
    const before = await runners();
    expect(load.failures).toEqual([]);
    await platform.stop();
    expect(before.filter(pid => isAlive(pid!))).toEqual([]);
    platform.spawn();
    await eventually('it holds the data folder', () =>
      fs.existsSync(inData('start.lock')),
    );
  };

  /** Nothing was there to answer for a while; from now on all is well. */
  const wellAgain = async () => {
    await check.converged();
    expect(await check.registryProblems()).toEqual([]);
    await eventually('it answers', async () => {
      const { status } = await platform.predict('iris');
      return status === 200;
    });
    await load.forgetFailures();
  };

  for (let run = 1; run <= RUNS; run += 1) {
    test(`run ${run}: the portal ends by itself, the rest serves and is found again`, async () => {
      const before = await runners();
      const { portal } = platform.quickstart.pids;
      process.kill(platform.launcherPid, 'SIGKILL');
      kills += 1;
      await platform.ended();
      await eventually('the portal ended', () => !isAlive(portal), 60_000);
      await platform.start();
      await check.converged();
      expect(await runners()).toEqual(before);
      expect(load.failures).toEqual([]);
    });

    test(`run ${run}: killed while it starts`, async () => {
      await startAgain();
      await sleep(diceOf(SUITE, run).whole(0, 6_000));
      process.kill(platform.launcherPid, 'SIGKILL');
      kills += 1;
      await platform.ended();
      await platform.start();
      await wellAgain();
    });

    test(`run ${run}: killed before its host told its address`, async () => {
      await startAgain();
      const host = await pidIn('host/host.lock');
      process.kill(host, 'SIGSTOP');
      process.kill(platform.launcherPid, 'SIGKILL');
      kills += 1;
      await platform.ended();
      // A host that was quicker than this test has told nobody yet, either.
      const [address, aside] = [inData('host/host.json'), inData('aside.json')];
      const isQuicker = fs.existsSync(address);
      if (isQuicker) fs.renameSync(address, aside);
      const started = platform.start();
      await eventually('the next one looks for it', () =>
        isAlive(platform.launcherPid),
      );
      await sleep(500);
      if (isQuicker) fs.renameSync(aside, address);
      process.kill(host, 'SIGCONT');
      await started;
      expect((await hostState(platform.dataDir)).pid).toBe(host);
      await wellAgain();
    });

    test(`run ${run}: together with portal and host, the gateway serves on and is found again`, async () => {
      const before = await runners();
      const { portal } = platform.quickstart.pids;
      const { pid: host } = await hostState(platform.dataDir);
      for (const pid of [platform.launcherPid, portal, host])
        process.kill(pid, 'SIGKILL');
      kills += 3;
      await platform.ended();
      expect((await platform.predict('iris')).status).toBe(200);
      await platform.start();
      await check.converged();
      expect(await runners()).toEqual(before);
      expect(processesOf(platform.dataDir)?.gateways ?? [before[0]]).toEqual([
        before[0],
      ]);
      expect(load.failures).toEqual([]);
    });

    test(`run ${run}: without a portal, a killed gateway is back with its plan from the disk`, async () => {
      const [gateway, ...others] = await runners();
      const { portal } = platform.quickstart.pids;
      for (const pid of [platform.launcherPid, portal])
        process.kill(pid, 'SIGKILL');
      await platform.ended();
      await eventually('the portal ended', () => !isAlive(portal));
      const killedAt = Date.now();
      process.kill(gateway!, 'SIGKILL');
      kills += 3;
      await eventually('another gateway serves', async () => {
        const { gateway: found } = await hostState(platform.dataDir);
        return found.ready && found.pid !== gateway;
      });
      const { calls } = load;
      await eventually('it was called', () => load.calls > calls + 20);
      longestOutageMs = Math.max(
        longestOutageMs,
        ...load.failed.map(({ endedAt }) => endedAt - killedAt),
      );
      // Those that it had, and those that nobody was there to take.
      await load.forgetFailures();
      const { calls: before } = load;
      await eventually('it is called', () => load.calls > before + 20);
      expect(load.failures).toEqual([]);
      expect((await runners()).slice(1)).toEqual(others);
      await platform.start();
      await check.converged();
      expect(load.failures).toEqual([]);
    });
  }
});
