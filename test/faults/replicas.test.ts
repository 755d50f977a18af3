import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import {
  DraftResponse,
  PartsStatus,
} from '@model-platform/plugin-model-platform-common';
import { Portal } from '../production/Portal';
import { Production } from '../production/Production';
import { Dice } from './Dice';
import { diceOf, faultRuns, report } from './faultRuns';
import { NewFile, NewVersion } from './NewVersion';
import { ConnectionLost } from './RegistryClient';
import { RegistryCheck } from './RegistryCheck';
import { Rival, RIVAL_MODEL } from './Rival';
import { rivalProblems } from './rivalProblems';

const SUITE = 'two portals';
const MIB = 1024 * 1024;
/** One run in so many kills one of the portals. */
const KILL_EVERY = 5;

test.describe.serial('two portals over one PostgreSQL and one bucket', () => {
  const production = new Production();
  let portals: Portal[];
  let rivals: Rival[];
  let killed: Portal | undefined;
  let kills = 0;
  const client = production.clientOf(
    () => portals.find(portal => portal !== killed)!,
  );
  const check = new RegistryCheck(client, (system, digest) =>
    production.storedBytes(system, digest),
  );

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    const unavailable = await production.start();
    // CI never skips: without its services these fail there.
    test.skip(Boolean(unavailable) && !process.env.CI, unavailable);
    // One makes the tables.
    portals = [await production.startPortal(), await production.startPortal()];
    rivals = portals.map(
      (_, index) =>
        new Rival({
          name: `rival ${index}`,
          // Of the one that was killed; the other one answers, and never with an error of its own.
          tolerates: error =>
            error instanceof ConnectionLost && killed === portals[index],
        }),
    );
    for (const portal of portals)
      await production.awaitOrganisation(
        portal,
        NewVersion.make(RIVAL_MODEL, diceOf(SUITE, 0)),
      );
  });

  test.afterAll(async () => {
    test.setTimeout(180_000);
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

  test('take one upload together: parts in turn, and each puts the file together', async () => {
    const version = NewVersion.make('shared-fir', diceOf(SUITE, 0), {
      large: true,
    });
    const by = portals.map(portal => production.clientOf(() => portal));
    const { version: draft } = await by[0].send<DraftResponse>(
      'POST',
      'v1/models/shared-fir/versions',
      version.request,
    );
    const route = `v1/models/shared-fir/versions/${draft.number}`;
    const large = version.files.find(file => file.path === 'large.bin')!;
    const blob = `${route}/blobs/${large.digest}`;
    for (const file of version.files.filter(one => one !== large))
      await by[1].send('PUT', `${route}/blobs/${file.digest}`, file.bytes);
    const { partSizeBytes, missing } = await by[0].get<PartsStatus>(
      `${blob}/parts`,
    );
    await Promise.all(
      missing.map(async number => {
        const { bytes, contentDigest } = large.part(number, partSizeBytes);
        await by[number % 2].send('PUT', `${blob}/parts/${number}`, bytes, {
          'content-digest': contentDigest,
        });
      }),
    );
    const both = (what: string) =>
      Promise.all(by.map(one => one.send('POST', what)));
    await both(`${blob}/assemble`);
    await both(`${route}/complete`);
    expect(await check.problems()).toEqual([]);
  });

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
            production.clientOf(() => portals[index]),
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
        await rivals[victim].finish(client);
        portals[victim] = await production.startPortal();
        killed = undefined;
      }
      expect(await rivalProblems(client, check, rivals)).toEqual([]);
    });
  }
});
