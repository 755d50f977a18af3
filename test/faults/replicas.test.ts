import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import {
  HistoryEntry,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { Portal } from '../production/Portal';
import { Production } from '../production/Production';
import { Dice } from './Dice';
import { diceOf, faultRuns, report } from './faultRuns';
import { NewFile, NewVersion } from './NewVersion';
import { ConnectionLost, RegistryClient } from './RegistryClient';
import { RegistryCheck } from './RegistryCheck';
import { Rival } from './Rival';

const SUITE = 'two portals';
const MODEL = 'rival-elm';
const MIB = 1024 * 1024;
/** One run in so many kills one of the portals. */
const KILL_EVERY = 5;

test.describe.serial('two portals over one PostgreSQL and one bucket', () => {
  const production = new Production();
  const clients = new Map<Portal, RegistryClient>();
  let portals: Portal[];
  let rivals: Rival[];
  let check: RegistryCheck;
  let killed: Portal | undefined;
  let kills = 0;

  test.beforeAll(async () => {
    test.setTimeout(300_000);
    const unavailable = await production.start();
    // CI never skips: without its services these fail there.
    test.skip(Boolean(unavailable) && !process.env.CI, unavailable);
    // One makes the tables.
    portals = [await startPortal(), await startPortal()];
    rivals = portals.map(
      (_, index) =>
        new Rival({
          name: `rival ${index}`,
          model: MODEL,
          // Of the one that was killed; the other one answers, and never with an error of its own.
          tolerates: error =>
            error instanceof ConnectionLost && killed === portals[index],
        }),
    );
    check = new RegistryCheck(clientOf(portals[0]));
    for (const portal of portals)
      await production.knows(
        portal,
        MODEL,
        NewVersion.make(MODEL, diceOf(SUITE, 0)).request,
      );
  });

  test.afterAll(async () => {
    test.setTimeout(60_000);
    await production.stop();
    report(
      SUITE,
      `${
        rivals?.flatMap(({ numbers }) => numbers).length
      } versions published, ${
        rivals?.flatMap(({ moves }) => moves).length
      } moves by compare-and-set, ${rivals?.reduce(
        (sum, { outrun }) => sum + outrun,
        0,
      )} came too late; ${rivals?.reduce(
        (sum, { changes }) => sum + changes.acknowledged,
        0,
      )} changes acknowledged; ${kills} kills`,
    );
  });

  async function startPortal(): Promise<Portal> {
    const portal = await production.startPortal();
    clients.set(
      portal,
      new RegistryClient((route, init) =>
        portal.api(`model-platform/${route}`, production.token, init),
      ),
    );
    return portal;
  }

  const clientOf = (portal: Portal) => clients.get(portal)!;

  /** What the rivals were answered, against what is there now. */
  async function problems(): Promise<string[]> {
    const found = await check.problems();
    const told = new Map<string | undefined, HistoryEntry>(
      check.history.map(entry => [entry.reason, entry]),
    );
    for (const { changes, moves } of rivals) {
      found.push(...changes.problems(check.history));
      for (const { reason, from } of moves)
        if (told.get(reason)?.details?.from !== from)
          found.push(
            `'${reason}' expected ${from}, but took the place of ${
              told.get(reason)?.details?.from
            }`,
          );
    }
    const versions = await clientOf(portals[0]).all<ModelVersion>(
      `v1/models/${MODEL}/versions`,
    );
    const numbers = versions
      .filter(({ status }) => status !== 'draft')
      .map(({ number }) => number)
      .sort((left, right) => left - right);
    const published = rivals
      .flatMap(rival => rival.numbers)
      .sort((left, right) => left - right);
    const all = Array.from(numbers, (_, index) => index + 1);
    if (JSON.stringify(numbers) !== JSON.stringify(all))
      found.push(`versions ${numbers} are there, with gaps`);
    if (JSON.stringify(numbers) !== JSON.stringify(published))
      found.push(`versions ${published} were published, ${numbers} are there`);
    return found;
  }

  async function killOne(dice: Dice) {
    const index = dice.whole(0, 1);
    await sleep(dice.whole(0, 1200));
    killed = portals[index];
    killed.child.kill('SIGKILL');
    kills += 1;
    await killed.ended();
    return index;
  }

  for (let run = 1; run <= faultRuns; run += 1) {
    const withKill = run % KILL_EVERY === 0;
    test(`run ${run}${withKill ? ': one is killed' : ''}`, async () => {
      const dice = diceOf(SUITE, run);
      // The same bytes by both at once, in one piece or in parts.
      const shared = new NewFile(
        'shared.bin',
        dice.bytes(dice.whole(1, withKill ? 24 * MIB : 12 * MIB)),
      );
      let over = false;
      const working = Promise.all(
        rivals.map((rival, index) =>
          rival.run(
            clientOf(portals[index]),
            dice.fork(String(index)),
            () => over,
            shared,
          ),
        ),
      );
      const victim = withKill ? await killOne(dice) : undefined;
      await sleep(1_500);
      over = true;
      await working;
      if (victim !== undefined) {
        // Whoever was cut off goes on with the other portal.
        await rivals[victim].finish(clientOf(portals[1 - victim]));
        portals[victim] = await startPortal();
        killed = undefined;
        check = new RegistryCheck(clientOf(portals[1 - victim]));
      }
      expect(await problems()).toEqual([]);
    });
  }
});
