import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { eventually, isAlive, Platform } from '../platform/Platform';
import { Dice } from './Dice';
import { diceOf, faultRuns, report } from './faultRuns';
import { hostAddress, hostState } from './hostView';
import { FailedCall, Load } from './Load';
import { PlatformCheck } from './PlatformCheck';
import { endProcessesOf } from './processesOf';

const SUITE = 'host, gateway or runner killed';
const VICTIMS = ['host', 'gateway', 'runner'] as const;
type Victim = (typeof VICTIMS)[number];

/** A deployment that is switched to the other model, and so started anew, while something is killed. */
const BUSY = 'fault-busy';

/** When calls failed: from the first one that was cut off to the end of the last one. */
function outageMs(failed: FailedCall[], since: number): number {
  return failed.length === 0
    ? 0
    : Math.max(...failed.map(({ endedAt }) => endedAt)) - since;
}

test.describe.serial('a part of the data plane is killed under load', () => {
  let platform: Platform;
  let check: PlatformCheck;
  let loads: Load[];
  const done = {
    host: { kills: 0, failed: 0, longestMs: 0 },
    gateway: { kills: 0, failed: 0, longestMs: 0 },
    runner: { kills: 0, failed: 0, longestMs: 0 },
  };

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    platform = await Platform.create();
    const { endpoints } = await platform.start();
    check = new PlatformCheck(platform);
    await deployBusy(1);
    await check.converged();
    loads = endpoints.map(endpoint =>
      Load.start(platform, endpoint, 10, endpoint.exampleRequest),
    );
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    for (const load of loads ?? []) await load.stop();
    await platform.destroy();
    endProcessesOf(platform.dataDir);
    report(
      SUITE,
      `${VICTIMS.map(
        victim =>
          `${victim} killed ${done[victim].kills} times, ${done[victim].failed} calls failed, at most for ${done[victim].longestMs} ms`,
      ).join('; ')}; calls in all: ${(loads ?? [])
        .map(({ endpoint, calls }) => `${endpoint} ${calls}`)
        .join(', ')}`,
    );
  });

  async function deployBusy(replicas: number) {
    const response = await platform.api(`v1/deployments/${BUSY}`, {
      method: 'PUT',
      body: JSON.stringify({
        spec: {
          system: 'plant-catalogue',
          environment: 'local',
          model: 'iris',
          resources: { replicas: { min: replicas, max: replicas } },
        },
      }),
    });
    expect(response.status, await response.text()).toBe(200);
  }

  const runnersOf = async (endpoint: string) =>
    (await hostState(platform.dataDir)).deployments[endpoint].runners;

  async function pids() {
    const state = await hostState(platform.dataDir);
    return {
      host: state.pid,
      gateway: state.gateway.pid,
      runners: loads.flatMap(({ endpoint }) =>
        state.deployments[endpoint].runners.map(({ pid }) => pid),
      ),
    };
  }

  /** @returns the endpoint whose calls may fail, and what it is like when it is over. */
  async function kill(victim: Victim, dice: Dice) {
    const before = await pids();
    const state = await hostState(platform.dataDir);
    const { endpoint } = dice.pick(loads);
    const [runner] = await runnersOf(endpoint);
    const pid = {
      host: state.pid,
      gateway: before.gateway,
      runner: runner.pid,
    }[victim]!;
    const at = Date.now();
    process.kill(pid, 'SIGKILL');
    done[victim].kills += 1;
    await eventually(`another ${victim} serves`, async () => {
      if (victim === 'host') {
        return (
          hostAddress(platform.dataDir).pid !== pid &&
          (await hostState(platform.dataDir)).gateway.ready
        );
      }
      const { gateway } = await hostState(platform.dataDir);
      if (victim === 'gateway') return gateway.ready && gateway.pid !== pid;
      const [found] = await runnersOf(endpoint);
      return found.phase === 'ready' && found.pid !== pid;
    });
    if (victim === 'runner') {
      await eventually('its endpoint answers', async () => {
        const { status } = await platform.predict(endpoint);
        return status === 200;
      });
      const [after] = await runnersOf(endpoint);
      expect(after.restarts).toBe(runner.restarts + 1);
      // How one ended that an earlier host had started, nobody is told.
      expect(after.message).toMatch(/^ended/);
    }
    const over = Date.now();
    const after = await pids();
    if (victim === 'gateway') {
      expect((await hostState(platform.dataDir)).gateway.restarts).toBe(
        state.gateway.restarts + 1,
      );
    }
    if (victim !== 'gateway') expect(after.gateway).toBe(before.gateway);
    if (victim !== 'runner') expect(after.runners).toEqual(before.runners);
    if (victim !== 'host') expect(after.host).toBe(before.host);
    expect(isAlive(pid)).toBe(false);
    return { at, over, mayFail: (name: string) => name === endpoint };
  }

  for (let run = 1; run <= faultRuns; run += 1) {
    test(`run ${run}`, async () => {
      const dice = diceOf(SUITE, run);
      // Each one in turn, so that few runs have all three.
      const victim = VICTIMS[run % VICTIMS.length];
      const failedBefore = loads.map(({ failed }) => failed.length);
      // A rollout, or the end of one, is under way.
      await deployBusy(1 + (run % 3));
      await sleep(dice.whole(0, 1200));
      const { at, over, mayFail } = await kill(victim, dice);
      await check.converged();
      for (const [index, { endpoint, failed }] of loads.entries()) {
        const fresh = failed.slice(failedBefore[index]);
        done[victim].failed += fresh.length;
        done[victim].longestMs = Math.max(
          done[victim].longestMs,
          outageMs(fresh, at),
        );
        const unexpected = fresh.filter(
          ({ startedAt, status }) =>
            victim === 'host' ||
            (victim === 'runner' && !mayFail(endpoint)) ||
            // Whoever calls once it is back is answered.
            startedAt > over ||
            ![undefined, 502, 503].includes(status) ||
            // A gateway that lives always answers.
            (victim === 'runner' && status === undefined),
        );
        expect(
          unexpected.map(({ message }) => message),
          `${endpoint} while the ${victim} was killed`,
        ).toEqual([]);
      }
      const deployment = await (
        await platform.api(`v1/deployments/${BUSY}`)
      ).json();
      expect(deployment.runners).toHaveLength(1 + (run % 3));
    });
  }
});
