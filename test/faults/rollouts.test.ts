import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import {
  DeploymentSpec,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { modelFolder } from '../platform/modelFolder';
import { eventually, Platform } from '../platform/Platform';
import { Dice } from './Dice';
import { diceOf, faultRuns, report } from './faultRuns';
import { hostState } from './hostView';
import { Load } from './Load';
import { loadOf } from './loadOf';
import { PlatformCheck } from './PlatformCheck';
import { endProcessesOf } from './processesOf';
import { ConnectionLost } from './RegistryClient';
import { Rollouts } from './Rollouts';

const SUITE = 'rollouts';
/** Of everything that a person does: each is watched by some hundred calls. */
const ROUNDS = Math.min(3, Math.ceil(faultRuns / 10));
const MAX_UNTIL_KILL_MS = 3_000;

const latest = [{ name: 'main', version: { latest: true as const } }];
const replicas = (count: number) => ({
  replicas: { min: count, max: count },
});
/** Goes by steps that nobody has to wait for. */
const canary: DeploymentSpec['strategy'] = {
  type: 'canary',
  steps: [{ weight: 20, pause: '1s' }, { weight: 60 }],
  analysis: {
    minCalls: 3,
    metrics: [{ metric: 'error_ratio', max: 0.05 }],
  },
};

const GOOD = `export const predict = async (model, inputs) =>
  (await model.predict([inputs]))[0];
`;
/** The example is answered when it is loaded; what comes then is not. */
const BAD = `let calls = 0;
export const predict = async (model, inputs) => {
  calls += 1;
  if (calls > 5) throw new Error('broken');
  return (await model.predict([inputs]))[0];
};
`;

test.describe.serial('rollouts under constant load', () => {
  let platform: Platform;
  let check: PlatformCheck;
  let rollouts: Rollouts;
  let judged: Rollouts;
  let folder: string;
  let dice: Dice;
  /** Newest version of what is published again and again. */
  let newest: number;
  let bad = 0;
  let kills = 0;
  let longestStartMs = 0;
  const loads: Load[] = [];

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    dice = diceOf(SUITE, 0);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-config-'));
    const config = path.join(folder, 'quick.yaml');
    fs.writeFileSync(
      config,
      JSON.stringify({
        modelPlatform: { metrics: { scrapeIntervalSeconds: 1 } },
      }),
    );
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: config,
    });
    await platform.start();
    check = new PlatformCheck(platform);
    rollouts = new Rollouts(platform, 'fault-rowan');
    judged = new Rollouts(platform, 'fault-sorb');
    newest = await rollouts.client.publish(rollouts.newVersion(dice));
    await rollouts.moveAlias('champion', newest);
  });

  test.afterEach(() => {
    for (const load of loads)
      expect(load.failures, `calls of ${load.endpoint}`).toEqual([]);
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    for (const load of loads) await load.stop();
    await platform.destroy();
    endProcessesOf(platform.dataDir);
    fs.rmSync(folder, { recursive: true, force: true });
    report(
      SUITE,
      `${ROUNDS} rounds, ${kills} kills; calls: ${loads
        .map(
          ({ endpoint, calls, failed }) =>
            `${endpoint} ${calls}, ${failed.length} failed`,
        )
        .join(
          '; ',
        )}; ${bad} more failed by a bad version itself; longest start ${longestStartMs} ms`,
    );
  });

  async function publish(): Promise<number> {
    newest = await rollouts.client.publish(rollouts.newVersion(dice));
    return newest;
  }

  /** Until it has answered some calls of them, and so would have failed some. */
  async function answers(load: Load, version: number): Promise<void> {
    const before = load.answered.get(String(version)) ?? 0;
    await eventually(
      `version ${version} answers`,
      () => (load.answered.get(String(version)) ?? 0) > before + 10,
    );
  }

  async function killPortal(): Promise<void> {
    process.kill(platform.quickstart.pids.portal, 'SIGKILL');
    kills += 1;
    expect(await platform.ended()).toBe(1);
  }

  async function restart(): Promise<void> {
    const begin = Date.now();
    await platform.start();
    longestStartMs = Math.max(longestStartMs, Date.now() - begin);
  }

  const PLAIN = 'roll-plain';
  const STEPS = 'roll-steps';
  const JUDGED = 'roll-judged';
  const plain = { variants: latest, resources: replicas(1) };

  test('what is rolled out again and again serves', async () => {
    await rollouts.deploy(PLAIN, plain);
    await rollouts.deploy(STEPS, {
      variants: latest,
      strategy: {
        type: 'canary',
        steps: [{ weight: 50, waitForPerson: true }],
      },
    });
    for (const name of [PLAIN, STEPS]) {
      await rollouts.serves(name, newest);
      loads.push(await loadOf(platform, name, 40));
    }
  });

  for (let round = 1; round <= ROUNDS; round += 1) {
    test.describe(`round ${round}`, () => {
      test('a version is published and rolled out, a canary of it promoted', async () => {
        const [all, steps] = loads;
        await publish();
        await rollouts.serves(PLAIN, newest);
        await answers(all, newest);
        await answers(steps, newest);
        await rollouts.say(STEPS, 'promote');
        await rollouts.serves(STEPS, newest);
      });

      test('it is rolled back, and that lifted', async () => {
        await rollouts.say(PLAIN, 'rollback');
        await rollouts.serves(PLAIN, newest - 1);
        await answers(loads[0], newest - 1);
        await rollouts.lift(PLAIN);
        await rollouts.serves(PLAIN, newest);
      });

      test('a canary is aborted', async () => {
        const [, steps] = loads;
        await publish();
        await answers(steps, newest);
        await rollouts.say(STEPS, 'abort');
        await rollouts.become(
          STEPS,
          'is back',
          ({ canary: found, runners }) =>
            found?.phase === 'rolled-back' && runners.length === 1,
        );
        await answers(steps, newest - 1);
      });

      test('one of two variants is promoted', async () => {
        await rollouts.deploy(PLAIN, {
          ...plain,
          strategy: { type: 'weighted' },
          variants: [
            { name: 'main', version: { number: newest - 1 }, weight: 60 },
            { name: 'next', version: { number: newest }, weight: 40 },
          ],
        });
        await rollouts.serves(PLAIN, newest - 1, newest);
        await answers(loads[0], newest);
        await rollouts.say(PLAIN, 'promote', { variant: 'next' });
        await rollouts.serves(PLAIN, newest);
        await rollouts.deploy(PLAIN, plain);
        await rollouts.serves(PLAIN, newest);
      });

      test('it is scaled up, and configured anew', async () => {
        const two = { variants: latest, resources: replicas(2) };
        const configured = {
          ...two,
          resources: { ...two.resources, timeoutSeconds: 20 },
          limits: { concurrentCalls: 500 },
        };
        for (const spec of [two, configured]) {
          await rollouts.deploy(PLAIN, spec);
          const { runners } = await rollouts.serves(PLAIN, newest);
          expect(runners).toHaveLength(2);
        }
      });

      test('one of two runners is killed', async () => {
        const state = await hostState(platform.dataDir);
        const { pid, id } = dice.pick(state.deployments[PLAIN].runners);
        process.kill(pid!, 'SIGKILL');
        await eventually('another one has taken its place', async () => {
          const { deployments } = await hostState(platform.dataDir);
          const found = deployments[PLAIN].runners.find(one => one.id === id);
          return found?.phase === 'ready' && found.pid !== pid;
        });
        await rollouts.serves(PLAIN, newest);
      });

      test('the gateway is given one plan after the other', async () => {
        const token = await platform.signIn('pat');
        const route = `v1/endpoints/${PLAIN}/tokens`;
        for (let plan = 0; plan < 10; plan += 1) {
          const made = await platform.api(route, {
            method: 'POST',
            token,
            body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
          });
          const { id } = await made.json();
          const isTold = async () => {
            const { deployments } = JSON.parse(
              fs.readFileSync(
                path.join(platform.dataDir, 'host', 'plan.json'),
                'utf8',
              ),
            );
            return JSON.stringify(deployments[PLAIN].route).includes(id);
          };
          await eventually('the gateway knows it', isTold);
          await platform.api(`${route}/${id}`, { method: 'DELETE', token });
          await eventually(
            'the gateway has forgotten it',
            async () => !(await isTold()),
          );
        }
      });

      test('it is scaled down', async () => {
        await rollouts.deploy(PLAIN, plain);
        const { runners } = await rollouts.serves(PLAIN, newest);
        expect(runners).toHaveLength(1);
      });
    });
  }

  test('only the calls of a bad version fail until its canary is rolled back', async () => {
    const code = modelFolder(judged.model, model => {
      delete model.files;
      model.endpoint = 'endpoint.mjs';
    });
    const publishCode = async (text: string): Promise<number> => {
      fs.writeFileSync(path.join(code, 'endpoint.mjs'), text);
      const done = await platform.cli(['publish', code, '--json']);
      expect(done.code, done.stderr).toBe(0);
      return JSON.parse(done.stdout).version;
    };
    const good = await publishCode(GOOD);
    await judged.deploy(JUDGED, { variants: latest, strategy: canary });
    await judged.serves(JUDGED, good);
    const load = await loadOf(platform, JUDGED, 40);
    loads.push(load);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const broken = String(await publishCode(`${BAD}// ${round}`));
      await judged.become(
        JUDGED,
        'is rolled back',
        ({ canary: found, revision, runners }) =>
          String(revision?.variants[0].version) === broken &&
          found?.phase === 'rolled-back' &&
          runners.length === 1,
      );
      await answers(load, good);
      const others = load.failed.filter(({ version }) => version !== broken);
      bad += load.failed.length - others.length;
      expect(bad).toBeGreaterThan(0);
      load.failed.splice(0, Infinity, ...others);
    }
    const better = await publishCode(`${GOOD}// better`);
    await judged.serves(JUDGED, better);
    fs.rmSync(code, { recursive: true, force: true });
  });

  test.describe('the portal is killed while revisions are rolled out', () => {
    const NAMES = {
      single: 'kill-single',
      weighted: 'kill-weighted',
      canary: 'kill-canary',
      alias: 'kill-alias',
      gated: 'kill-gated',
    };

    async function weigh(version: number, weight: number): Promise<void> {
      await rollouts.deploy(NAMES.weighted, {
        strategy: { type: 'weighted', stickyBy: 'header:x-customer-id' },
        variants: [
          { name: 'main', version: { number: version }, weight },
          { name: 'next', version: { number: 1 }, weight: 100 - weight },
        ],
      });
    }

    test('all kinds of them serve', async () => {
      // Nothing else moves with what is published from here on.
      for (const name of [PLAIN, STEPS])
        await rollouts.deploy(name, {
          variants: [{ name: 'main', version: { number: newest } }],
        });
      await rollouts.moveAlias('champion', newest);
      await rollouts.deploy(NAMES.single, { variants: latest });
      await weigh(newest, 50);
      await rollouts.deploy(NAMES.canary, {
        variants: latest,
        strategy: canary,
      });
      await rollouts.deploy(NAMES.alias, {
        variants: [{ name: 'main', version: { alias: 'champion' } }],
        triggers: [{ onAlias: { alias: 'champion' } }],
      });
      await rollouts.deploy(NAMES.gated, {
        variants: latest,
        gates: [{ approval: { by: 'botany-ml' } }],
      });
      await rollouts.approve(NAMES.gated, newest);
      await check.converged();
      for (const name of [NAMES.single, NAMES.canary, NAMES.weighted])
        loads.push(await loadOf(platform, name, 15));
    });

    for (let run = 1; run <= faultRuns; run += 1) {
      test(`run ${run}`, async () => {
        const own = diceOf(SUITE, run);
        const before = new Map<string, Revision[]>();
        for (const name of Object.values(NAMES))
          before.set(name, await rollouts.revisions(name));
        const version = rollouts.newVersion(own);
        const weight = own.whole(1, 99);
        /** What is to be done, as often as it takes: each has an end that was reached, or not. */
        const work = async () => {
          newest = await rollouts.client.publish(version);
          await Promise.all([
            rollouts.moveAlias('champion', newest),
            weigh(newest, weight),
            rollouts.approve(NAMES.gated, newest),
          ]);
        };
        const working = work().then(
          () => undefined,
          (error: unknown) => error,
        );
        await sleep(own.whole(0, MAX_UNTIL_KILL_MS));
        await killPortal();
        const problem = await working;
        await restart();
        expect([undefined, ConnectionLost]).toContain(
          (problem as Error | undefined)?.constructor,
        );
        await work();

        for (const name of [NAMES.single, NAMES.canary, NAMES.alias])
          await rollouts.serves(name, newest);
        await rollouts.serves(NAMES.gated, newest);
        await rollouts.serves(NAMES.weighted, newest, 1);
        await check.converged();
        for (const [name, revisions] of before)
          expect(await rollouts.problemsSince(name, revisions)).toEqual([]);
      });
    }
  });
});
