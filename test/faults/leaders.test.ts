import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import {
  DeploymentSpec,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { root } from '../platform/root';
import { RunningPlatform } from '../platform/RunningPlatform';
import { Portal } from '../production/Portal';
import { Production } from '../production/Production';
import { diceOf, faultRuns, report } from './faultRuns';
import { hostView } from './hostView';
import { Load } from './Load';
import { loadOf } from './loadOf';
import { PlatformCheck } from './PlatformCheck';
import { ConnectionLost } from './RegistryClient';
import { Rollouts } from './Rollouts';
import { RunnerStarts } from './RunnerStarts';

const SUITE = 'leader killed';
/** Each takes a start of a portal, beside three rollouts that are waited for. */
const RUNS = Math.ceil(faultRuns / 3);
const MAX_UNTIL_KILL_MS = 3_000;
/** So that a hundred takings over do not take half an hour. */
const LEASE_SECONDS = 3;
/** Until another portal leads, beside the lease: machines are slow, but none takes a minute. */
const TAKEOVER_MARGIN_MS = 15_000;
const NAMES = {
  single: 'lead-single',
  weighted: 'lead-weighted',
  canary: 'lead-canary',
};
const latest = [{ name: 'main', version: { latest: true as const } }];
const canary: DeploymentSpec['strategy'] = {
  type: 'canary',
  steps: [{ weight: 30, pause: '1s' }],
  analysis: {
    minCalls: 3,
    metrics: [{ metric: 'error_ratio', max: 0.05 }],
  },
};

test.describe.serial('two portals roll out by one host', () => {
  const production = new Production({
    actions: ['read', 'publish', 'deploy', 'endpoint-token'],
    configs: [path.join(root, 'app-config.single-host.yaml')],
    settings: {
      deployments: { leaseSeconds: LEASE_SECONDS },
      metrics: { scrapeIntervalSeconds: 1 },
    },
  });
  let portals: Portal[];
  /** The one that is asked. */
  let asked: Portal;
  let rollouts: Rollouts;
  let check: PlatformCheck;
  let starts: RunnerStarts;
  let newest = 0;
  let kills = 0;
  let longestMs = 0;
  let longestTakeoverMs = 0;
  const loads: Load[] = [];

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    const unavailable = await production.start();
    // CI never skips: without its services these fail there.
    test.skip(Boolean(unavailable) && !process.env.CI, unavailable);
    const { gateway } = await production.startHost();
    // One makes the tables.
    portals = [await production.startPortal(), await production.startPortal()];
    [asked] = portals;
    const platform: RunningPlatform = {
      dataDir: production.dataDir,
      gatewayUrl: gateway.url,
      get portalPids() {
        return portals.map(({ child }) => child.pid!);
      },
      api: async (route, init) =>
        await asked.api(`model-platform/${route}`, production.token, init),
    };
    rollouts = new Rollouts(platform, 'fault-larch', 'production');
    check = new PlatformCheck(platform);
    starts = new RunnerStarts(production.dataDir);
    const first = rollouts.newVersion(diceOf(SUITE, 0));
    for (const portal of portals)
      await production.awaitOrganisation(portal, first);
    newest = await rollouts.client.publish(first);
    await rollouts.deploy(NAMES.single, { variants: latest });
    await rollouts.deploy(NAMES.canary, {
      variants: latest,
      strategy: canary,
    });
    await weigh(newest, 50);
    await check.converged();
    for (const name of Object.values(NAMES))
      loads.push(await loadOf(platform, name, 15));
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    for (const load of loads) await load.stop();
    await starts?.stop();
    const led = (portals ?? []).length > 0 ? leadings() : [];
    await production.stop();
    report(
      SUITE,
      `${kills} kills, ${led.length} leaders, ${
        starts?.runners
      } runners started, at most ${longestTakeoverMs} ms from a kill until another one led, ${longestMs} ms from a kill until all was rolled out; calls: ${loads
        .map(
          ({ endpoint, calls, failed }) =>
            `${endpoint} ${calls}, ${failed.length} failed`,
        )
        .join('; ')}`,
    );
  });

  async function weigh(version: number, weight: number): Promise<void> {
    await rollouts.deploy(NAMES.weighted, {
      strategy: { type: 'weighted', stickyBy: 'header:x-customer-id' },
      variants: [
        { name: 'main', version: { number: version }, weight },
        { name: 'next', version: { number: 1 }, weight: 100 - weight },
      ],
    });
  }

  /** Who has led, and with which number, as they say themselves; the last one leads. */
  function leadings(): Array<{ portal: Portal; number: number }> {
    return production.portals
      .flatMap(portal =>
        [...portal.stdout.matchAll(/with the lease number (\d+)/g)].map(
          ([, number]) => ({ portal, number: Number(number) }),
        ),
      )
      .sort((one, other) => one.number - other.number);
  }

  /** How long it takes from now until another one leads than who has this number, milliseconds. */
  async function takeover(number: number): Promise<number> {
    const since = Date.now();
    await expect
      .poll(() => leadings().at(-1)!.number, {
        message: 'another portal leads in time',
        timeout: LEASE_SECONDS * 1000 + TAKEOVER_MARGIN_MS,
        intervals: [100],
      })
      .toBeGreaterThan(number);
    return Date.now() - since;
  }

  /** What was told of more than once. */
  async function doubles(name: string): Promise<string[]> {
    const told = (await rollouts.history(name))
      .filter(({ details }) => details?.revision !== undefined)
      .map(({ action, details }) =>
        JSON.stringify([action, details?.revision, details?.step]),
      );
    return told
      .filter((one, index) => told.indexOf(one) !== index)
      .map(one => `${name}: told twice of ${one}`);
  }

  for (let run = 1; run <= RUNS; run += 1) {
    test(`run ${run}`, async () => {
      const dice = diceOf(SUITE, run);
      const before = new Map<string, Revision[]>();
      for (const name of Object.values(NAMES))
        before.set(name, await rollouts.revisions(name));
      const version = rollouts.newVersion(dice);
      const weight = dice.whole(1, 99);
      /** What is to be done, as often as it takes. */
      const work = async () => {
        newest = await rollouts.client.publish(version);
        await weigh(newest, weight);
      };
      const { portal: leader, number } = leadings().at(-1)!;
      const other = portals.find(portal => portal !== leader)!;
      // The leader sees at once what it is told itself, the rest at its next look.
      asked = dice.pick(portals);
      const working = work().then(
        () => undefined,
        (error: unknown) => error,
      );
      await sleep(dice.whole(0, MAX_UNTIL_KILL_MS));
      leader.child.kill('SIGKILL');
      const killedAt = Date.now();
      kills += 1;
      const takingOver = takeover(number);
      // Told below.
      takingOver.catch(() => {});
      await leader.ended();
      const problem = await working;
      expect([undefined, ConnectionLost]).toContain(
        (problem as Error | undefined)?.constructor,
      );
      asked = other;
      const restarting = production.startPortal();
      await work();
      longestTakeoverMs = Math.max(longestTakeoverMs, await takingOver);

      for (const name of [NAMES.single, NAMES.canary])
        await rollouts.serves(name, newest);
      await rollouts.serves(NAMES.weighted, newest, 1);
      longestMs = Math.max(longestMs, Date.now() - killedAt);
      portals = [other, await restarting];
      await check.converged();
      for (const [name, revisions] of before) {
        expect(await rollouts.problemsSince(name, revisions)).toEqual([]);
        expect(await doubles(name)).toEqual([]);
      }
      expect(starts.problems).toEqual([]);
      for (const load of loads)
        expect(load.failures, `calls of ${load.endpoint}`).toEqual([]);

      const led = leadings();
      // Nobody has had another one's number, and the host goes by the one's that took over.
      expect(new Set(led.map(one => one.number)).size).toBe(led.length);
      const { plan } = await hostView(production.dataDir);
      expect(plan.fencing).toBeGreaterThan(number);
      expect(led.map(one => one.number)).toContain(plan.fencing);
    });
  }
});
