import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import {
  CanaryStatus,
  Deployment,
} from '@model-platform/plugin-model-platform-common';
import { Load } from '../faults/Load';
import { eventually, Platform } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';

const NAME = 'careful';

/** Steps under constant load on a platform that is killed in between. */
test.describe('a canary', () => {
  let platform: Platform;

  test.setTimeout(900_000);

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    platform = await Platform.create();
    await platform.start({ timeoutMs: 600_000 });
  });

  test.afterAll(async () => {
    await platform.destroy();
  });

  async function run(...args: string[]) {
    const done = await platform.cli([...args, '--json']);
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    return JSON.parse(done.stdout);
  }

  const deployment = async (): Promise<Deployment> =>
    await (await platform.api(`v1/deployments/${NAME}`)).json();

  async function canary(
    what: string,
    probe: (canary: CanaryStatus, of: Deployment) => boolean | undefined,
  ): Promise<Deployment> {
    return await eventually(
      what,
      async () => {
        const found = await deployment();
        return found.canary && probe(found.canary, found) && found;
      },
      240_000,
    );
  }

  test('promotes a good version, rolls a bad one back by itself, obeys persons, and survives a killed portal', async () => {
    const folder = modelFolder(NAME, model => {
      delete model.files;
      model.endpoint = 'endpoint.mjs';
    });
    const publish = async (code: string) => {
      fs.writeFileSync(path.join(folder, 'endpoint.mjs'), code);
      return (await run('publish', folder)).version;
    };
    const good = (mark: string) => `// ${mark}
export const predict = async (model, inputs) => (await model.predict([inputs]))[0];
`;
    fs.writeFileSync(
      path.join(folder, 'model-deployment.yaml'),
      JSON.stringify({
        apiVersion: 'model-platform.io/v1alpha1',
        kind: 'ModelDeployment',
        metadata: { name: NAME },
        spec: {
          system: 'plant-catalogue',
          environment: 'local',
          model: NAME,
          strategy: {
            type: 'canary',
            steps: [
              { weight: 20, pause: '6s' },
              { weight: 50, waitForPerson: true },
            ],
            analysis: {
              minCalls: 20,
              metrics: [
                { metric: 'error_ratio', max: 0.05 },
                { metric: 'latency', max: 10 },
              ],
            },
          },
        },
      }),
    );
    await publish(good('one'));
    await run('deploy', folder);
    const made = await platform.api(`v1/endpoints/${NAME}/tokens`, {
      method: 'POST',
      token: await platform.signIn('mira'),
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
    });
    expect(made.status).toBe(201);
    const { token } = await made.json();
    const url = `${platform.quickstart.gatewayUrl}/${NAME}`;
    await eventually(
      'the token is known',
      async () =>
        (
          await fetch(`${url}/v2/models/${NAME}`, {
            headers: { authorization: `Bearer ${token}` },
          })
        ).status === 200,
    );
    const load = Load.start(platform, { name: NAME, url, token }, 40);

    // A good one, with the portal killed while it waits.
    await publish(good('two'));
    const waiting = await canary(
      'step 2 waits for a person',
      ({ waitsFor }) => waitsFor === 'person',
    );
    expect(waiting).toMatchObject({
      phase: 'Canary',
      servingRevision: 1,
      canary: { step: 2, weight: 50, revision: 2, stableRevision: 1 },
    });
    process.kill(platform.quickstart.pids.portal, 'SIGKILL');
    await platform.ended();
    await platform.start();
    const again = await canary('it is there again', () => true);
    expect(again.canary).toMatchObject({
      step: 2,
      since: waiting.canary?.since,
      phase: 'progressing',
    });
    await run('pause', NAME, '--reason', 'looking at it');
    const paused = await canary(
      'it is paused',
      ({ waitsFor }) => waitsFor === 'resume',
    );
    expect(paused.overrides).toMatchObject([
      { kind: 'pause', reason: 'looking at it' },
    ]);
    const shown = (await platform.cli(['status', NAME])).stdout;
    expect(shown).toMatch(
      /The file says main at latest; overridden by .* since .*: paused: looking at it/,
    );
    expect(shown).toMatch(
      /canary of revision 2 beside revision 1: step 2 of 2/,
    );
    await run('resume', NAME);
    await canary('it waits again', ({ waitsFor }) => waitsFor === 'person');
    await run('resume', NAME, '--reason', 'all is well');
    await eventually(
      'the good one serves',
      async () =>
        (await deployment()).servingRevision === 2 &&
        (await deployment()).phase === 'Ready',
    );

    // A bad one.
    const bad = await publish(
      // The example is answered when it is loaded; what comes then is not.
      `let calls = 0;
export const predict = async (model, inputs) => {
  calls += 1;
  if (calls > 5) throw new Error('broken');
  return (await model.predict([inputs]))[0];
};`,
    );
    const back = await canary(
      'it is rolled back by itself',
      ({ revision, phase }) => revision === 3 && phase === 'rolled-back',
    );
    expect(back.canary?.reason).toMatch(
      /^error ratio [\d.]+ % of \d+ calls, bound 5 %/,
    );
    await eventually('it is told', async () =>
      (await deployment()).drift.includes(`latest is ${bad}, serving 2`),
    );
    const deployed = await platform.cli(['deploy', folder]);
    expect(deployed.code).toBe(1);
    expect(deployed.stderr).toContain('was rolled back: error ratio');

    // One that a person wants no more of, and one that has to wait for nobody.
    await publish(good('four'));
    await canary('it has begun', ({ revision, since }) =>
      Boolean(revision === 4 && since),
    );
    await run('abort', NAME, '--reason', 'not today');
    await canary(
      'it is aborted',
      ({ revision, phase, reason }) =>
        revision === 4 &&
        phase === 'rolled-back' &&
        reason?.endsWith(': not today'),
    );
    await publish(good('five'));
    await canary('it has begun', ({ revision, since }) =>
      Boolean(revision === 5 && since),
    );
    await run('promote', NAME, '--reason', 'urgent');
    await eventually(
      'it serves',
      async () => (await deployment()).servingRevision === 5,
    );
    await eventually('it answers', () => (load.answered.get('5') ?? 0) > 20);

    // What a person serves instead, until it is lifted.
    await run('rollback', NAME, '2', '--reason', 'wrong answers');
    await eventually('it serves', async () => {
      const found = await deployment();
      return found.servingRevision === 6 && found.phase === 'Ready' && found;
    });
    expect((await platform.cli(['status', NAME])).stdout).toMatch(
      /overridden by .*: rolled back to revision 2: wrong answers/,
    );
    await run('lift', NAME);
    await canary(
      'what the file says is tried again',
      ({ revision, waitsFor }) => revision === 7 && waitsFor === 'person',
    );

    await load.stop();
    const others = load.failed.filter(({ version }) => version !== String(bad));
    expect(others).toEqual([]);
    expect(load.failed.length).toBeGreaterThan(0);
    test.info().annotations.push({
      type: 'calls',
      description: `${load.calls} calls, ${
        load.failed.length
      } failed by the bad version, ${
        others.length
      } others; good answers by version: ${JSON.stringify(
        Object.fromEntries(load.answered),
      )}`,
    });
    console.log(test.info().annotations.at(-1)?.description);

    const { items } = await (
      await platform.api(`v1/deployments/${NAME}/history?limit=100`)
    ).json();
    const actions = items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining([
        'canary-started',
        'canary-step',
        'canary-promoted',
        'canary-rolled-back',
        'paused',
        'lifted',
        'resumed',
        'aborted',
        'promoted',
        'rolled-back',
      ]),
    );
  });
});
