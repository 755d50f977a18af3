import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayLoad, RunnerSpec, Scaling } from '@model-platform/model-wire';
import { buildPrograms, isAlive, TestPlatform, until } from './testPlatform';
import { probeSpec } from './testProbes';

jest.setTimeout(300_000);

const IDLE_MS = 2_500;

let platform: TestPlatform;

beforeAll(() => buildPrograms(), 60_000);
beforeEach(() => {
  platform = new TestPlatform();
});
afterEach(async () => {
  // It knows runners that were started since anybody looked.
  await platform.stopHost();
  await platform.clean();
});

/** Up to so many runners, each for one call at a time. */
function specs(endpoint: string, max: number, min: number): RunnerSpec[] {
  return Array.from({ length: max }, (_, index) =>
    platform.spec(endpoint, 1, {
      id: `${endpoint}-r1-main-${index}`,
      scaling: { index, min, inFlight: 1, idleMs: IDLE_MS },
    }),
  );
}

async function deploy(runners: RunnerSpec[]): Promise<void> {
  const [first] = runners;
  const path = `/v1/deployments/${first.endpoint}`;
  expect(
    (await platform.api('PUT', `${path}/runners`, { runners })).status,
  ).toBe(200);
  await platform.ready(first.id);
  const plan = platform.plan(runners);
  const [variant] = plan.variants;
  const variants = [{ ...variant, held: { calls: 20, timeoutMs: 30_000 } }];
  expect(
    (await platform.api('PUT', `${path}/route`, { ...plan, variants })).status,
  ).toBe(200);
}

async function phases(endpoint: string): Promise<string[]> {
  const { deployments } = await platform.state();
  return deployments[endpoint].runners
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ phase }) => phase);
}

async function processes(endpoint: string): Promise<number> {
  const { deployments } = await platform.state();
  return deployments[endpoint].runners.filter(
    ({ pid }) => pid !== undefined && isAlive(pid),
  ).length;
}

/** Calls without a pause, or with one, as many as told at a time; every answer is counted. */
function constantLoad(gatewayUrl: string, endpoint: string, callers: number) {
  const statuses = new Map<number, number>();
  let isOver = false;
  const work = Array.from({ length: callers }, async () => {
    while (!isOver) {
      const status = await platform.predict(gatewayUrl, endpoint);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  return {
    statuses,
    async stop() {
      isOver = true;
      await Promise.all(work);
    },
  };
}

const GOVERNED = `
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const is = file => fs.existsSync(new URL(file, import.meta.url));
if (is('broken')) throw new Error('it is broken');
while (is('starting')) await sleep(20);
export async function predict(model, { subject }) {
  while (is(subject ?? 'nothing')) await sleep(20);
  return { answer: 'done' };
}
`;

/** Endpoint code whose start and whose calls take until a test says so, by files beside it. */
function governed(name: string, scaling: Omit<Scaling, 'index'>, max: number) {
  const first = probeSpec(platform, {
    name,
    system: 'plant-trials',
    runtime: 'node',
    changes: { scaling: { ...scaling, index: 0 } },
  });
  const files = join(first.directory, 'model');
  const path = (file: string) => join(files, file);
  rmSync(path('endpoint.js'));
  writeFileSync(path('endpoint.js'), GOVERNED);
  return {
    runners: Array.from({ length: max }, (_, index) => ({
      ...first,
      id: `${name}--r1-main-${index}`,
      scaling: { ...scaling, index },
    })),
    begin: (file: string) => writeFileSync(path(file), ''),
    end: (file: string) => rmSync(path(file)),
    /** `kept`: answered once that file is gone. */
    call: async (
      gatewayUrl: string,
      { kept, signal }: { kept?: string; signal?: AbortSignal } = {},
    ) => {
      const { status } = await fetch(`${gatewayUrl}/${name}/predict`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer mpe_test_secret',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ inputs: { act: 'wait', subject: kept } }),
        signal,
      });
      return status;
    },
  };
}

describe('Scaling', () => {
  it('follows the calls up, down, to none and back, and loses none of them', async () => {
    const { gateway } = await platform.start({ SCALE_DOWN_MS: '1500' });
    const runners = specs('iris', 3, 0);
    await deploy(runners);
    expect(await phases('iris')).toEqual(['ready', 'asleep', 'asleep']);

    const many = constantLoad(gateway.url, 'iris', 12);
    await until(async () =>
      (await phases('iris')).every(phase => phase === 'ready'),
    );
    const atMost = await processes('iris');
    await many.stop();
    expect(atMost).toBe(3);

    // One caller at a time: the spare ones end while it goes on.
    const one = constantLoad(gateway.url, 'iris', 1);
    await until(async () => (await processes('iris')) === 1);
    expect(await phases('iris')).toEqual(['ready', 'asleep', 'asleep']);
    await one.stop();

    await until(async () => (await processes('iris')) === 0);
    expect(await phases('iris')).toEqual(['asleep', 'asleep', 'asleep']);
    // All of them wait for one process.
    expect(
      await Promise.all(
        Array.from({ length: 8 }, () => platform.predict(gateway.url, 'iris')),
      ),
    ).toEqual(Array(8).fill(200));
    for (const { statuses } of [many, one]) {
      expect([...statuses.keys()]).toEqual([200]);
    }
    expect(many.statuses.get(200)).toBeGreaterThan(50);
    expect(one.statuses.get(200)).toBeGreaterThan(10);
  });

  it('sleeps on over a restart of its host, and takes over as many as ran', async () => {
    const { gateway } = await platform.start({ SCALE_DOWN_MS: '60000' });
    await deploy(specs('asleep', 2, 0));
    await deploy(specs('busy', 3, 1));
    const load = constantLoad(gateway.url, 'busy', 12);
    await until(async () =>
      (await phases('busy')).every(phase => phase === 'ready'),
    );
    await until(async () => (await processes('asleep')) === 0);
    const before = (await platform.state()).deployments.busy.runners.map(
      ({ pid }) => pid,
    );
    await platform.killHost();
    const again = await platform.start({ SCALE_DOWN_MS: '60000' });
    await until(async () =>
      (await phases('busy')).every(phase => phase === 'ready'),
    );
    await load.stop();
    expect([...load.statuses.keys()]).toEqual([200]);
    expect(
      (await platform.state()).deployments.busy.runners.map(({ pid }) => pid),
    ).toEqual(before);
    expect(await processes('asleep')).toBe(0);
    expect(await platform.predict(again.gateway.url, 'asleep')).toBe(200);
    expect(await processes('asleep')).toBe(1);
  });

  it('switches to a revision only when it has shown that it starts', async () => {
    const { gateway } = await platform.start();
    await deploy(specs('iris', 2, 0));
    await until(async () => (await processes('iris')) === 0);
    const next = [0, 1].map(index =>
      platform.spec('iris', 2, {
        id: `iris-r2-main-${index}`,
        scaling: { index, min: 0, inFlight: 1, idleMs: 0 },
      }),
    );
    const path = '/v1/deployments/iris';
    await platform.api('PUT', `${path}/runners`, { runners: next });
    const early = await platform.api(
      'PUT',
      `${path}/route`,
      platform.plan(next),
    );
    expect(early.status).toBe(409);
    await platform.ready(next[0].id);
    expect(
      (await platform.api('PUT', `${path}/route`, platform.plan(next))).status,
    ).toBe(200);
    // What the old revision kept asleep goes without a word.
    const keep = next.map(({ id }) => id);
    expect(
      (await platform.api('POST', `${path}/release`, { keep })).status,
    ).toBe(200);
    expect(
      (await platform.state()).deployments.iris.runners.map(({ id }) => id),
    ).toEqual(keep);
    expect(gateway.ready).toBe(true);
  });

  it('tells one that wakes up as asleep until it is ready, and one that cannot as failed', async () => {
    const { gateway } = await platform.start();
    const { runners, begin, end, call } = governed(
      'drowsy',
      { min: 0, inFlight: 1, idleMs: 500 },
      2,
    );
    await deploy(runners);
    await until(async () => (await processes('drowsy')) === 0);

    begin('starting');
    const answers = [call(gateway.url), call(gateway.url), call(gateway.url)];
    // Two for three calls.
    await until(async () => (await processes('drowsy')) === 2);
    expect(await phases('drowsy')).toEqual(['asleep', 'asleep']);
    end('starting');
    expect(await Promise.all(answers)).toEqual([200, 200, 200]);
    await until(async () => (await processes('drowsy')) === 0);

    begin('broken');
    const given = new AbortController();
    const unanswered = call(gateway.url, { signal: given.signal }).catch(
      () => 'left',
    );
    const failed = await until(async () => {
      const runner = await platform.runner(runners[0].id);
      return runner?.phase === 'failed' && runner;
    });
    expect(failed.message).toContain('it is broken');
    given.abort();
    expect(await unanswered).toBe('left');
  });

  it('lets one that is not needed finish its calls, however long they take, and takes it back', async () => {
    const { gateway } = await platform.start({
      SCALE_DOWN_MS: '1000',
      DRAIN_TIMEOUT_MS: '100',
    });
    const { runners, begin, end, call } = governed(
      'long',
      { min: 1, inFlight: 4, idleMs: 0 },
      2,
    );
    await deploy(runners);
    const calls = (count: number, kept: string) =>
      Array.from({ length: count }, () => call(gateway.url, { kept }));
    const inFlight = async (id: string) => {
      const { adminUrl, adminSecret } = (await platform.state()).gateway;
      const headers = { authorization: `Bearer ${adminSecret}` };
      const load = await (await fetch(`${adminUrl}/load`, { headers })).json();
      return (load as GatewayLoad).inFlight[id] ?? 0;
    };
    const phased = (...wanted: string[]) =>
      until(async () => (await phases('long')).join() === wanted.join());
    begin('early');
    begin('late');
    const many = calls(8, 'early');
    await phased('ready', 'ready');
    const { pid } = await platform.ready(runners[1].id);
    // It has some of these before the others are answered.
    const few = calls(2, 'late');
    await until(async () => (await inFlight(runners[1].id)) > 0);
    end('early');
    await Promise.all(many);
    await phased('ready', 'asleep');
    const more = calls(8, 'late');
    await phased('ready', 'ready');
    expect((await platform.ready(runners[1].id)).pid).toBe(pid);
    end('late');
    expect(new Set(await Promise.all([...many, ...few, ...more]))).toEqual(
      new Set([200]),
    );
    await until(async () => (await processes('long')) === 1);
    expect(await phases('long')).toEqual(['ready', 'asleep']);
  });
});
