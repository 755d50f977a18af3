import {
  buildRunner,
  cleanUp,
  RunningModel,
  serveModel,
} from '../__testUtils__/runModel';
import { until } from '../__testUtils__/startRunner';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

const CODE = `
export function predict(model, { x, plan, text }, { metrics }) {
  const named = { 1: () => metrics.counter('offers_total', { kind: 'a' }).inc(-1),
    2: () => metrics.counter('offers_total', { colour: 'a' }).inc(),
    3: () => metrics.counter('offers_total', { kind: {} }).inc(),
    4: () => metrics.gauge('level').set('high'),
    5: () => metrics.histogram('level').observe(1),
    6: () => metrics.counter('none_total').inc() };
  if (named[x]) named[x]();
  if (x === 7) for (let index = 0; index < 250; index += 1) metrics.counter('offers_total', { kind: 'k' + index }).inc(2);
  if (x === 8) metrics.counter('plans_total', { plan }).inc();
  if (x === 9) metrics.counter('plans_total', { plan: text }).inc();
  if (x === 10) metrics.counter('plans_total', { plan: 'long'.repeat(30) }).inc();
  return { y: x };
}
`;

describe('metrics of endpoint code', () => {
  let runner: RunningModel;

  beforeAll(async () => {
    runner = await serveModel({
      flavor: 'node',
      signature: {
        inputs: [
          { name: 'x', type: 'number' },
          {
            name: 'plan',
            type: 'string',
            enum: ['basic', 'premium'],
            default: 'basic',
          },
          { name: 'text', type: 'string', default: '' },
        ],
        outputs: [{ name: 'y', type: 'number' }],
      },
      endpoint: 'endpoint.mjs',
      files: { 'endpoint.mjs': CODE },
      metrics: [
        { name: 'offers_total', type: 'counter', labels: ['kind'] },
        { name: 'plans_total', type: 'counter', labels: ['plan'] },
        { name: 'level', type: 'gauge' },
      ],
    });
  });

  async function series(name: string): Promise<Map<string, number>> {
    const text = await (await fetch(`${runner.url}/metrics`)).text();
    const found = new Map<string, number>();
    for (const line of text.split('\n')) {
      const match = new RegExp(
        `^${name}\\{.*?(?:kind|plan|metric)="([^"]*)".* (\\S+)$`,
      ).exec(line);
      if (match) found.set(match[1], Number(match[2]));
    }
    return found;
  }

  const warnings = () =>
    runner.log().filter(({ message }) => message.includes('counts further'));

  it.each([
    [1, "metric 'offers_total' is a counter, which can't be counted down"],
    [2, "metric 'offers_total' takes the labels kind, not colour"],
    [3, "label 'kind' of metric 'offers_total' must be text, not object"],
    [4, "metric 'level' takes finite numbers only"],
    [5, "metric 'level' is declared as a gauge, not a histogram"],
    [6, "metric 'none_total' is not declared in model.yaml"],
  ])('names what is used wrongly: %d', async (x, reason) => {
    const { status, body } = await runner.predict({ x });
    expect(status).toBe(500);
    const line = () =>
      runner.log().find(({ requestId }) => requestId === body.requestId);
    while (!line()) await new Promise(done => setTimeout(done, 10));
    expect(line()?.stack).toContain(reason);
  });

  it('has a hundred series and one for all others, and tells it once', async () => {
    for (const _ of [1, 2]) await runner.outputs({ x: 7 });
    const found = await series('offers_total');
    expect(found.size).toBe(101);
    expect(found.get('k0')).toBe(4);
    expect(found.get('other')).toBe(2 * 150 * 2);
    expect(
      (await series('model_runner_metric_series_limited_total')).get(
        'offers_total',
      ),
    ).toBe(2 * 150);
    // Lines may come later than the answers.
    await until(() => warnings().length > 0);
    expect(warnings()).toMatchObject([
      {
        level: 'warn',
        message:
          "metric 'offers_total' counts further label values as 'other': it has 100 series, as many as it may have",
      },
    ]);
  });

  it('takes no label values from requests, but those that the signature lists', async () => {
    await runner.outputs({ x: 8, plan: 'premium' });
    for (const text of ['Marked Name', 'Marked Name 2'])
      await runner.outputs({ x: 9, text });
    await runner.outputs({ x: 10 });
    expect(await series('plans_total')).toEqual(
      new Map([
        ['premium', 1],
        ['other', 3],
      ]),
    );
    await until(() => warnings().length > 2);
    expect(
      warnings()
        .map(({ message }) => message)
        .slice(1),
    ).toEqual([
      "metric 'plans_total' counts further label values as 'other': a label value is that of the input 'text', which has no enum in the signature",
      "metric 'plans_total' counts further label values as 'other': a label value is longer than 100 characters",
    ]);
  });
});
