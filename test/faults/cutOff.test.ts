import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { Portal } from '../production/Portal';
import { Production } from '../production/Production';
import { Dice } from './Dice';
import { diceOf, faultRuns, report } from './faultRuns';
import { NewFile, NewVersion } from './NewVersion';
import { isUnavailable } from './isUnavailable';
import { RegistryCheck } from './RegistryCheck';
import { Rival, RIVAL_MODEL } from './Rival';
import { rivalProblems } from './rivalProblems';

const SUITE = 'database or S3 cut off';
const MIB = 1024 * 1024;

test.describe.serial('database or S3 are cut off while everybody works', () => {
  const production = new Production();
  const client = production.clientOf(() => portal);
  const check = new RegistryCheck(client, (system, digest) =>
    production.storedBytes(system, digest),
  );
  let portal: Portal;
  let rivals: Rival[];
  let cuts = 0;
  const answers = { good: 0, unavailable: 0 };

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    const unavailable = await production.start();
    // CI never skips: without its services these fail there.
    test.skip(Boolean(unavailable) && !process.env.CI, unavailable);
    portal = await production.startPortal();
    rivals = ['one', 'two'].map(
      name => new Rival({ name, tolerates: isUnavailable }),
    );
    await production.awaitOrganisation(
      portal,
      NewVersion.make(RIVAL_MODEL, diceOf(SUITE, 0)),
    );
  });

  test.afterAll(async () => {
    test.setTimeout(180_000);
    await production.stop();
    const sum = (of: (rival: Rival) => number) =>
      (rivals ?? []).reduce((total, rival) => total + of(rival), 0);
    report(
      SUITE,
      `${cuts} cuts; ${sum(
        ({ numbers }) => numbers.length,
      )} versions published, ${sum(
        ({ changes }) => changes.acknowledged,
      )} changes acknowledged, ${sum(
        ({ interrupted }) => interrupted,
      )} cut off; reads: ${answers.good} answered, ${
        answers.unavailable
      } with 503`,
    );
  });

  /** Whoever only looks is told the same. */
  async function read(dice: Dice, over: () => boolean) {
    const model = RIVAL_MODEL;
    const mlflow = 'mlflow/api/2.0/mlflow';
    while (!over()) {
      const route = dice.pick([
        'v1/models',
        `v1/models/${model}`,
        `v1/models/${model}/history`,
        `v1/models/${model}/versions/1/files/iris.onnx`,
        `v1/models/${model}/versions/1/archive`,
        `${mlflow}/registered-models/get?name=${model}`,
        `${mlflow}/registered-models/search`,
      ]);
      const response = await portal.api(
        `model-platform/${route}`,
        production.token,
        { signal: AbortSignal.timeout(30_000) },
      );
      if (response.ok) {
        // One that has begun may end before its time.
        await response.arrayBuffer().catch(() => undefined);
        answers.good += 1;
      } else {
        const text = await response.text();
        expect(response.status, `${route}: ${text}`).toBe(503);
        const { error, message = error.message } = JSON.parse(text);
        expect(message).toMatch(/database|S3|catalog/);
        answers.unavailable += 1;
      }
      await sleep(dice.whole(0, 50));
    }
  }

  for (let run = 1; run <= faultRuns; run += 1) {
    test(`run ${run}`, async () => {
      const dice = diceOf(SUITE, run);
      const shared = new NewFile(
        'shared.bin',
        dice.bytes(dice.whole(1, 20 * MIB)),
      );
      if (run === 1)
        for (const [index, rival] of rivals.entries())
          await rival.publishOne(client, dice.fork(`first of ${index}`));
      let over = false;
      const working = Promise.all([
        ...rivals.map((rival, index) =>
          rival.run(client, dice.fork(`rival ${index}`), () => over, shared),
        ),
        read(dice.fork('reader'), () => over),
      ]);
      for (let times = dice.whole(1, 2); times > 0; times -= 1) {
        await sleep(dice.whole(0, 800));
        const cut = dice.pick([
          [production.database],
          [production.s3],
          [production.database, production.s3],
        ]);
        for (const connection of cut) connection.cut();
        cuts += 1;
        await sleep(dice.whole(0, 800));
        for (const connection of cut) connection.mend();
      }
      await sleep(dice.whole(0, 400));
      over = true;
      await working;
      for (const rival of rivals) await rival.finish(client);
      expect(await rivalProblems(client, check, rivals)).toEqual([]);
    });
  }
});
