import { RunnerSpec } from '@model-platform/model-wire';
import { buildPrograms, isAlive, TestPlatform, until } from './testPlatform';

jest.setTimeout(120_000);

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
});
