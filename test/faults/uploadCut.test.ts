import { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { filesBelow } from '../platform/filesBelow';
import { editModel, modelFolder } from '../platform/modelFolder';
import { eventually, Platform } from '../platform/Platform';
import { diceOf, faultRuns, report } from './faultRuns';
import { PlatformCheck } from './PlatformCheck';
import { endProcessesOf } from './processesOf';

const SUITE = 'upload cut';
const MIB = 1024 * 1024;
/** The largest that goes in one piece. */
const WHOLE_BYTES = 64 * MIB;
/** Ten parts. */
const PARTED_BYTES = 80 * MIB;
const DAY_MS = 86_400_000;

test.describe.serial('an upload is cut', () => {
  let platform: Platform;
  let check: PlatformCheck;
  const folder = modelFolder('fault upload', model => {
    model.files = ['iris.onnx', 'weights.bin'];
  });
  const weights = path.join(folder, 'weights.bin');
  let published = 0;
  let cuts = 0;
  let afterBytes = 0;
  let kills = 0;

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    platform = await Platform.create({ MODEL_PLATFORM_EXAMPLES: 'iris' });
    await platform.start();
    check = new PlatformCheck(platform);
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    await platform.destroy();
    endProcessesOf(platform.dataDir);
    fs.rmSync(folder, { recursive: true, force: true });
    report(
      SUITE,
      `${cuts} uploads of ${WHOLE_BYTES / MIB} or ${
        PARTED_BYTES / MIB
      } MiB cut, on average after ${Math.round(
        afterBytes / cuts / MIB,
      )} MiB; the portal killed ${kills} times; ${published} versions published after it, whole`,
    );
  });

  const filesIn = (name: string) =>
    filesBelow(path.join(platform.dataDir, 'blobs', name));

  const uploads = () => filesIn('.uploads');

  const nothingIsLeft = () =>
    eventually(
      'nothing is left of it',
      () => uploads().length + filesIn('.parts').length === 0,
    );

  /** Another content, so that nothing of it is there yet. */
  function change(run: number, bytes: number): void {
    editModel(folder, model => {
      model.example.sepal_length = 4 + run / 1000;
    });
    fs.writeFileSync(weights, diceOf(`${SUITE} ${bytes}`, run).bytes(bytes));
  }

  /** Ends something once so many bytes have arrived; the CLI may be done by then. */
  async function cut(bytes: number, end: (cli: ChildProcess) => void) {
    const cli = platform.cliProcess(['publish', folder]);
    const isOver = () => cli.exitCode !== null || cli.signalCode !== null;
    while (!isOver() && platform.blobBytesInFlight() < bytes) await sleep(2);
    const arrived = platform.blobBytesInFlight();
    end(cli);
    await eventually('the CLI ended', isOver);
    if (cli.exitCode === 0) return;
    cuts += 1;
    afterBytes += arrived;
  }

  async function publishAgain(): Promise<void> {
    const again = await platform.cli(['publish', folder, '--json']);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    await isPublished();
  }

  async function isPublished(): Promise<void> {
    published += 1;
    expect(await check.registryProblems()).toEqual([]);
    const { items } = await (
      await platform.api('v1/models/fault-upload/versions?limit=200')
    ).json();
    const numbers = items.map(({ number }: { number: number }) => number);
    // A publish that goes on where it was cut takes no other number.
    expect(numbers).toEqual(
      Array.from({ length: published }, (_, index) => published - index),
    );
    expect(items[0].status).toBe('ready');
  }

  for (let run = 1; run <= Math.ceil(faultRuns / 2); run += 1) {
    test(`run ${run}: by the end of the CLI`, async () => {
      const dice = diceOf(`${SUITE} at`, run);
      const bytes = run % 2 === 0 ? PARTED_BYTES : WHOLE_BYTES;
      change(run, bytes);
      for (let times = dice.whole(1, 2); times > 0; times -= 1) {
        await cut(dice.whole(1, bytes - 1), cli => cli.kill('SIGKILL'));
        if (dice.next() < 0.5) await sleep(dice.whole(0, 50));
      }
      await publishAgain();
      await nothingIsLeft();
    });
  }

  for (let run = 1; run <= Math.ceil(faultRuns / 5); run += 1) {
    test(`run ${run}: by the end of the portal, between parts: the CLI goes on by itself`, async () => {
      const dice = diceOf(`${SUITE} between parts`, run);
      change(1_000 + run, PARTED_BYTES);
      const cli = platform.cliProcess(['publish', folder]);
      const isOver = () => cli.exitCode !== null;
      const bytes = dice.whole(1, PARTED_BYTES - 1);
      while (!isOver() && platform.blobBytesInFlight() < bytes) await sleep(2);
      process.kill(platform.quickstart.pids.portal, 'SIGKILL');
      kills += 1;
      await platform.ended();
      await platform.start();
      await eventually('the CLI ended', isOver);
      expect(cli.exitCode).toBe(0);
      await isPublished();
    });
  }

  test('by the end of the portal: what is left is removed a day later', async () => {
    // The CLI was not killed with the portal: what it had begun then is of nobody any more.
    for (const file of uploads()) fs.rmSync(file);
    change(0, WHOLE_BYTES);
    await cut(1, cli => {
      process.kill(platform.quickstart.pids.portal, 'SIGKILL');
      kills += 1;
      cli.kill('SIGKILL');
    });
    await platform.ended();
    const left = uploads();
    expect(left).toHaveLength(1);
    // It may belong to an upload that goes on, for all another portal knows.
    await platform.start();
    expect(uploads()).toEqual(left);
    await publishAgain();
    const longAgo = new Date(Date.now() - DAY_MS - 1_000);
    fs.utimesSync(left[0], longAgo, longAgo);
    await platform.stop();
    await platform.start();
    expect(uploads()).toEqual([]);
    expect(await check.registryProblems()).toEqual([]);
    expect(cuts).toBeGreaterThan(0);
  });
});
