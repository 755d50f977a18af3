import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { diceOf, faultRuns, report } from './faultRuns';
import { Load } from './Load';
import { loadOf } from './loadOf';
import { PlatformCheck } from './PlatformCheck';
import { endProcessesOf } from './processesOf';
import { deployments, Workload } from './Workload';

const SUITE = 'portal killed';

test.describe.serial('the portal is killed while everybody works', () => {
  let platform: Platform;
  let workload: Workload;
  let check: PlatformCheck;
  let loads: Load[];
  let kills = 0;
  let longestStartMs = 0;

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris,disease-progression',
    });
    await platform.start();
    workload = new Workload(platform);
    check = new PlatformCheck(platform);
    await workload.prepare(diceOf(SUITE, 0));
    await check.converged();
    loads = [
      Load.start(platform, platform.quickstart.endpoints[0], 20),
      // These are deployed anew again and again, under load.
      await loadOf(platform, deployments.steady, 10),
      await loadOf(platform, deployments.following, 5),
      await loadOf(platform, deployments.weighted, 5),
    ];
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    for (const load of loads ?? []) await load.stop();
    await platform.destroy();
    endProcessesOf(platform.dataDir);
    workload.dispose();
    report(
      SUITE,
      `${kills} kills; ${workload.acknowledged} changes acknowledged, ${
        workload.interrupted
      } cut off, ${workload.sentInParts} files sent in parts; ${
        check.registry.versions
      } versions whole (${Math.round(
        check.registry.bytes / 1e6,
      )} MB hashed); calls meanwhile: ${(loads ?? [])
        .map(
          ({ endpoint, calls, failed }) =>
            `${endpoint} ${calls}, ${failed.length} failed`,
        )
        .join('; ')}; longest start ${longestStartMs} ms`,
    );
  });

  for (let run = 1; run <= faultRuns; run += 1) {
    test(`run ${run}`, async () => {
      const dice = diceOf(SUITE, run);
      const working = workload.run(dice);
      const delayMs = dice.whole(0, 1500);
      await sleep(delayMs);
      process.kill(platform.quickstart.pids.portal, 'SIGKILL');
      kills += 1;
      workload.stop();
      await working;
      expect(await platform.ended()).toBe(1);
      const begin = Date.now();
      await platform.start();
      longestStartMs = Math.max(longestStartMs, Date.now() - begin);

      expect(await workload.problems()).toEqual([]);
      await workload.repeatInterrupted();
      expect(await workload.problems()).toEqual([]);
      expect(await check.registryProblems()).toEqual([]);
      await check.converged();
      for (const load of loads)
        expect(load.failures, `calls of ${load.endpoint}`).toEqual([]);
    });
  }
});
