import { TestDatabases } from '@backstage/backend-test-utils';
import {
  DeploymentTrigger,
  MetricTrigger,
} from '@model-platform/plugin-model-platform-common';
import { mira, TestDeployments } from '../__testUtils__/TestDeployments';
import { DatabaseDeploymentStore } from '../store/DatabaseDeploymentStore';
import { DatabaseTriggerStateStore } from '../store/DatabaseTriggerStateStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const MINUTE = 60_000;
const latest = [{ name: 'main', version: { latest: true as const } }];

/** Where too many calls fail for so long. */
const onErrors = (
  action: MetricTrigger['action'],
  span = '1m',
): DeploymentTrigger => ({
  onMetric: { metric: 'error_ratio', above: 0.05, for: span, action },
});

describe.each(databases.eachSupportedId())('triggers in %p', id => {
  async function setup() {
    const test = await TestDeployments.create(await databases.init(id));
    test.models.add('churn');
    test.models.publish('churn', 1);
    return test;
  }

  /** Deployed with these triggers, and serving. */
  async function serving(...triggers: DeploymentTrigger[]) {
    const test = await setup();
    await test.apply({ variants: latest, triggers });
    await test.serve();
    return test;
  }

  const versions = async (test: TestDeployments) =>
    (await test.state()).versions;

  const actions = async (test: TestDeployments) => {
    const record = await test.deployments.get('churn');
    const entries = await test.store.history(record, { limit: 20 });
    return entries.map(({ action, reason }) => [action, reason]);
  };

  it('follows versions that satisfy a condition, also those published while nobody looked', async () => {
    const test = await serving({
      onVersion: {
        where: 'evaluation.accuracy >= 0.9 and metadata.risk = minimal',
      },
    });
    const metadata = { risk: 'minimal' };
    test.models.publish('churn', 2, {
      metadata,
      evaluation: { accuracy: 0.89 },
    });
    await test.look();
    expect(await versions(test)).toEqual([1]);
    expect((await actions(test))[0]).toEqual([
      'passed-over',
      'Version 2 was published, which no trigger takes',
    ]);
    const { changes } = await test.look();
    expect((await test.look()).changes).toBe(changes);

    test.models.publish('churn', 3, {
      metadata,
      evaluation: { accuracy: 0.9 },
    });
    await test.look();
    expect(await versions(test)).toEqual([3]);
    expect((await actions(test))[0]).toEqual([
      'triggered',
      'Version 3 was published',
    ]);
  });

  it('knows who moved an alias, who cannot be the other pair of eyes', async () => {
    const test = await setup();
    const model = test.models.add('churn', { aliases: { champion: 1 } });
    await test.apply({
      variants: [{ name: 'main', version: { alias: 'champion' } }],
      triggers: [{ onAlias: { alias: 'champion' } }],
    });
    await test.apply({
      variants: [{ name: 'main', version: { alias: 'champion' } }],
      triggers: [{ onAlias: { alias: 'champion' } }],
      gates: [{ approval: { by: 'model-risk' } }],
    });
    test.models.publish('churn', 2);
    model.aliases.champion = 2;
    test.movers.set('champion', 'user:default/rosa');
    await test.look();
    expect((await test.state()).waiting).toContain(
      'Alias champion was moved to version 2',
    );
    for (const who of ['mira', 'rosa'])
      await expect(test.decide(who)).rejects.toThrow('you asked for');
    await test.decide('rolf');
    await test.look();
    expect(await versions(test)).toEqual([2]);
  });

  it.each([
    ['a challenger', { weight: 90 }, { weight: 10 }, {}],
    ['a shadow', {}, { shadow: 50 }, { strategy: { type: 'shadow' } }],
  ] as const)(
    'knows who moved an alias to the version of %s',
    async (_what, first, other, more) => {
      const test = await setup();
      const model = test.models.add('churn', { aliases: { champion: 1 } });
      test.models.publish('churn', 2, { responsible: 'user:default/dana' });
      const spec = {
        ...more,
        variants: [
          { name: 'main', version: { alias: 'champion' }, ...first },
          { name: 'next', version: { number: 2 }, ...other },
        ],
        triggers: [{ onAlias: { alias: 'champion' } }],
      };
      await test.apply(spec);
      await test.apply({
        ...spec,
        gates: [{ approval: { by: 'model-risk' } }],
      });
      await test.serve();
      model.aliases.champion = 2;
      test.movers.set('champion', 'user:default/rosa');
      await test.look();
      expect((await test.state()).request?.variants).toMatchObject([
        { name: 'main', version: 2 },
        { name: 'next', version: 2 },
      ]);
      await expect(test.decide('rosa')).rejects.toThrow('you asked for');
      await test.decide('rolf');
      await test.look();
      expect(await versions(test)).toEqual([2, 2]);
    },
  );

  it('never means a version that no trigger takes, whatever else moves', async () => {
    const test = await serving(
      { onVersion: { where: 'evaluation.accuracy >= 0.9' } },
      { onAlias: { alias: 'go' } },
    );
    const publish = (number: number, accuracy: number) =>
      test.models.publish('churn', number, { evaluation: { accuracy } });
    const model = (await test.models.find('churn'))!;
    publish(2, 0.5);
    await test.look();
    model.aliases.go = 1;
    await test.look();
    expect(await versions(test)).toEqual([1]);
    // The good one among others that came while nobody looked.
    publish(3, 0.95);
    publish(4, 0.1);
    await test.look();
    expect(await versions(test)).toEqual([3]);

    publish(5, 0.95);
    await test.look();
    const { spec } = await test.deployments.get('churn');
    await test.apply({ ...spec, gates: [{ approval: { by: 'model-risk' } }] });
    publish(6, 0.95);
    await test.look();
    publish(7, 0.2);
    await test.look();
    expect((await test.state()).request?.variants).toMatchObject([
      { version: 6 },
    ]);
    await test.decide('rolf');
    await test.look();
    expect(await versions(test)).toEqual([6]);
  });

  it('never means one that no trigger takes where a person lifts what held it', async () => {
    const test = await serving({
      onVersion: { where: 'evaluation.accuracy >= 0.9' },
    });
    const publish = (number: number, accuracy: number) =>
      test.models.publish('churn', number, { evaluation: { accuracy } });
    const rollback = () => test.deployments.rollback('churn', mira);
    const lift = () => test.deployments.lift('churn', mira);
    publish(2, 0.95);
    await test.look();
    await test.serve();
    publish(3, 0.3);
    await rollback();
    publish(4, 0.4);
    expect(await versions(test)).toEqual([1]);
    await lift();
    expect(await versions(test)).toEqual([2]);
    await test.serve();
    await rollback();
    publish(5, 0.95);
    publish(6, 0.3);
    await lift();
    expect(await versions(test)).toEqual([5]);
    for (const off of [true, false]) {
      await test.deployments.setOff('churn', off, mira);
      await test.look();
    }
    await test.deployments.pause('churn', mira);
    publish(7, 0.5);
    await test.deployments.resume('churn', mira);
    await test.look();
    expect(await versions(test)).toEqual([5]);
  });

  it('looks at a draft that is published after newer versions, and takes it where none of those was', async () => {
    const test = await serving({
      onVersion: { where: 'evaluation.accuracy >= 0.9' },
    });
    const publish = (number: number, accuracy: number) =>
      test.models.publish('churn', number, { evaluation: { accuracy } });
    for (const number of [2, 3, 5, 6, 8]) test.models.draft('churn', number);
    publish(4, 0.5);
    await test.look();
    expect(await versions(test)).toEqual([1]);
    publish(3, 0.95);
    await test.look();
    expect(await versions(test)).toEqual([3]);
    expect((await actions(test))[0]).toEqual([
      'triggered',
      'Version 3 was published',
    ]);
    // Older than what was taken.
    publish(2, 0.99);
    const { changes } = await test.look();
    expect(await versions(test)).toEqual([3]);

    publish(7, 0.5);
    await test.look();
    publish(6, 0.5);
    await test.look();
    expect((await actions(test))[0]).toEqual([
      'passed-over',
      'Version 6 is no draft any more, which no trigger takes',
    ]);
    test.models.discard('churn', 5);
    const settled = await test.look();
    expect(settled.changes).toBe(changes + 3);
    expect((await test.look()).changes).toBe(settled.changes);
    publish(9, 0.9);
    await test.look();
    publish(8, 0.99);
    await test.look();
    expect(await versions(test)).toEqual([9]);
  });

  it('does not go back and forth between a schedule and a figure', async () => {
    const test = await serving(
      { schedule: { cron: '0 * * * *' } },
      onErrors('rollback'),
    );
    await test.look();
    const hour = async () => {
      test.pass(60 * MINUTE);
      await test.look();
      return await versions(test);
    };
    test.models.publish('churn', 2);
    expect(await hour()).toEqual([2]);
    await test.serve();
    test.figure = { value: 0.5, calls: 10 };
    for (let reading = 0; reading < 2; reading += 1) {
      test.pass(MINUTE);
      await test.look();
    }
    expect(await versions(test)).toEqual([1]);
    await test.serve();
    test.figure = { value: 0, calls: 10 };
    expect(await hour()).toEqual([1]);
    expect((await actions(test))[0]).toEqual([
      'passed-over',
      expect.stringContaining('what revision 2 was, and that was rolled back'),
    ]);
    expect(await hour()).toEqual([1]);
    test.models.publish('churn', 3);
    expect(await hour()).toEqual([3]);
  });

  it('rolls back what it judged, and nothing that came in the meantime', async () => {
    const test = await serving({ onVersion: true }, onErrors('rollback'));
    test.models.publish('churn', 2);
    await test.look();
    await test.serve();
    test.figure = { value: 0.5, calls: 10 };
    test.pass(MINUTE);
    await test.look();
    test.pass(MINUTE);
    test.models.publish('churn', 3);
    test.whileReading = async () =>
      await test.apply({
        variants: [{ name: 'main', version: { number: 3 } }],
      });
    await expect(test.look()).rejects.toThrow('changed by someone else');
    expect(await test.state()).toMatchObject({ revision: 3, versions: [3] });
  });

  it('takes no time in which nobody looked for one in which a figure was bad', async () => {
    const test = await serving({ onVersion: true }, onErrors('rollback', '5m'));
    test.models.publish('churn', 2);
    await test.look();
    await test.serve();
    test.figure = { value: 0.5, calls: 10 };
    test.pass(MINUTE);
    await test.look();
    // The portal was down.
    test.pass(30 * MINUTE);
    await test.look();
    expect(await versions(test)).toEqual([2]);
    for (let reading = 0; reading < 4; reading += 1) {
      test.pass(MINUTE);
      await test.look();
    }
    expect(await versions(test)).toEqual([2]);
    test.pass(MINUTE);
    await test.look();
    expect(await versions(test)).toEqual([1]);
  });

  it('follows a schedule in its time zone, and makes up for a run that was missed', async () => {
    const test = await serving({
      schedule: { cron: '0 6 * * mon', timezone: 'Europe/Berlin' },
    });
    test.models.publish('churn', 2);
    await test.look();
    expect(await versions(test)).toEqual([1]);
    // Just before 6:00 in Berlin, a week later.
    test.now = new Date('2026-03-09T04:59:00Z');
    await test.look();
    expect(await versions(test)).toEqual([1]);
    // Nobody looked for two weeks.
    test.now = new Date('2026-03-25T12:00:00Z');
    await test.look();
    expect(await versions(test)).toEqual([2]);
    expect((await actions(test))[0]).toEqual([
      'triggered',
      'Schedule 0 6 * * mon (Europe/Berlin) of 2026-03-09T05:00:00.000Z',
    ]);
    const { changes } = await test.look();
    test.models.publish('churn', 3);
    expect((await test.look()).changes).toBe(changes);
  });

  it('rolls back by a figure that is beyond its bound for a time, and not round in circles', async () => {
    const test = await serving(
      { onVersion: true },
      {
        onMetric: {
          metric: 'error_ratio',
          above: 0.05,
          clears: 0.02,
          for: '5m',
          over: '2m',
          minCalls: 10,
          cooldown: '1h',
          action: 'rollback',
        },
      },
    );
    test.models.publish('churn', 2);
    await test.look();
    await test.serve();
    const read = async (value: number | undefined, calls: number) => {
      test.figure = { value, calls };
      test.pass(2 * MINUTE);
      await test.look();
      return await versions(test);
    };
    expect(await read(0.2, 9)).toEqual([2]);
    expect(await read(0.2, 10)).toEqual([2]);
    // Neither beyond nor clear.
    expect(await read(0.03, 10)).toEqual([2]);
    expect(await read(0.2, 10)).toEqual([2]);
    expect(test.asked.at(-1)).toEqual({
      endpoint: 'churn',
      environment: 'local',
      revisions: [2],
      metric: { metric: 'error_ratio' },
      start: new Date(test.now.getTime() - 2 * MINUTE),
      end: test.now,
    });
    expect(await read(0.01, 10)).toEqual([2]);
    expect(await read(0.2, 10)).toEqual([2]);
    expect(await read(0.2, 10)).toEqual([2]);
    expect(await read(0.2, 10)).toEqual([2]);
    expect(await read(0.25, 10)).toEqual([1]);
    expect((await actions(test))[0]).toEqual([
      'rolled-back',
      'error_ratio is above 0.05 for 5m (now 0.25)',
    ]);
    // What it came from is not published anew.
    await test.look();
    expect(await versions(test)).toEqual([1]);
    await test.serve();
    // The same figure of what it rolled back to: going on would lead back to where it came from.
    test.pass(60 * MINUTE);
    for (let reading = 0; reading < 5; reading += 1) {
      expect(await read(0.3, 10)).toEqual([1]);
    }
    expect((await actions(test))[0]).toEqual([
      'not-rolled-back',
      expect.stringContaining('was rolled back to already'),
    ]);
    expect(test.announced).toContain('alerted');
  });

  it('holds what is new as long as a figure is beyond its bound', async () => {
    const test = await serving(
      { onVersion: true },
      {
        onMetric: {
          metric: 'latency',
          quantile: 0.99,
          above: 1,
          for: '1m',
          action: 'hold',
        },
      },
    );
    test.figure = { value: 2, calls: 5 };
    await test.look();
    test.pass(MINUTE);
    await test.look();
    test.models.publish('churn', 2);
    await test.look();
    expect(await test.state()).toMatchObject({
      versions: [1],
      waiting: expect.stringContaining('held while latency is above 1 since'),
    });
    test.figure = { value: 0.5, calls: 5 };
    test.pass(MINUTE);
    await test.look();
    expect(await test.state()).toMatchObject({
      versions: [2],
      waiting: undefined,
    });
  });

  it('holds nothing back that only its own calls could clear', async () => {
    const test = await serving({ onVersion: true }, onErrors('hold', '5m'));
    const read = async (figure: TestDeployments['figure'], times: number) => {
      test.figure = figure;
      for (let reading = 0; reading < times; reading += 1) {
        test.pass(MINUTE);
        await test.look();
      }
    };
    await read({ value: 1, calls: 5 }, 6);
    test.models.publish('churn', 2);
    await test.look();
    // Everybody goes elsewhere. What is not counted is not known to be nothing.
    test.countedUntil = test.now;
    await read({ calls: 0 }, 10);
    expect((await test.state()).waiting).toContain('held while error_ratio');
    test.countedUntil = undefined;
    await read({ calls: 0 }, 3);
    // One call that fails begins it anew.
    await read({ value: 1, calls: 1 }, 1);
    await read({ calls: 0 }, 5);
    expect((await test.state()).waiting).toContain('held while error_ratio');
    await read({ calls: 0 }, 1);
    expect(await test.state()).toMatchObject({
      versions: [2],
      waiting: undefined,
    });
  });

  const failing = onErrors('rollback');

  /** Version 2 serves, and its figure is just not beyond its bound for long enough. */
  async function aboutToRollBack() {
    const test = await serving({ onVersion: true }, failing);
    test.models.publish('churn', 2);
    await test.look();
    await test.serve();
    test.figure = { value: 0.5, calls: 10 };
    test.pass(MINUTE);
    await test.look();
    test.pass(MINUTE / 2);
    await test.look();
    test.pass(MINUTE / 2);
    return test;
  }

  it('rolls back once it can where the database failed for a moment', async () => {
    const test = await aboutToRollBack();
    const change = jest
      .spyOn(DatabaseDeploymentStore.prototype, 'change')
      .mockRejectedValueOnce(new Error('deadlock detected'));
    await expect(test.look()).rejects.toThrow('deadlock detected');
    change.mockRestore();
    test.pass(MINUTE / 6);
    await test.look();
    expect(await versions(test)).toEqual([1]);
    expect((await actions(test))[0][0]).toBe('rolled-back');
  });

  it('tries a version that was published while it was about to roll back', async () => {
    const test = await aboutToRollBack();
    test.models.publish('churn', 3);
    await test.look();
    expect(await versions(test)).toEqual([1]);
    await test.look();
    expect(await test.state()).toMatchObject({ revision: 4, versions: [3] });
  });

  it('remembers what it rolled back from though it is killed right after', async () => {
    const test = await aboutToRollBack();
    const save = jest
      .spyOn(DatabaseTriggerStateStore.prototype, 'save')
      .mockRejectedValue(new Error('killed'));
    await test.look().catch(() => undefined);
    save.mockRestore();
    expect(await versions(test)).toEqual([1]);
    const { id: deploymentId } = await test.deployments.get('churn');
    expect(await test.store.triggerStates.get(deploymentId)).toMatchObject({
      rolledBackTo: 3,
      rolledBackFrom: { number: 2, variants: [{ version: 2 }] },
    });
    // What it went back to is no better: it does not go to and fro.
    await test.serve();
    test.pass(60 * MINUTE);
    for (let reading = 0; reading < 3; reading += 1) {
      test.pass(MINUTE);
      await test.look();
    }
    expect(await versions(test)).toEqual([1]);
    expect((await actions(test))[0][0]).toBe('not-rolled-back');
  });

  it('goes on looking at what serves where the newest one was given up', async () => {
    const test = await serving({ onVersion: true }, failing);
    test.models.publish('churn', 2);
    await test.look();
    await test.serve();
    test.models.publish('churn', 3);
    const tried = await test.look();
    await test.store.saveStatus(
      tried,
      { ...tried, givenUp: { revision: 3, servingRevision: 2 } },
      await test.lead(),
    );
    test.figure = { value: 0.5, calls: 10 };
    for (let reading = 0; reading < 3; reading += 1) {
      test.pass(MINUTE);
      await test.look();
    }
    expect(test.asked.at(-1)?.revisions).toEqual([2]);
    // Not to the one whose figure it is.
    expect(await versions(test)).toEqual([1]);
    expect((await actions(test))[0][0]).toBe('rolled-back');
    // Nor on to what was given up.
    await test.look();
    expect(await versions(test)).toEqual([1]);
  });

  it('only tells, where it shall, and reads nothing of what is under way', async () => {
    const onMetric = {
      metric: 'calls',
      below: 1,
      for: '1m',
      action: 'notify',
    } as const;
    const test = await setup();
    await test.apply({ triggers: [{ onMetric }] });
    await test.look();
    expect(test.asked).toEqual([]);
    await test.serve();
    test.figure = { value: 0, calls: 0 };
    const look = async (times: number) => {
      for (let reading = 0; reading < times; reading += 1) {
        await test.look();
        test.pass(MINUTE);
      }
    };
    // Nobody has counted since: that is not known to be none.
    test.countedUntil = test.now;
    test.pass(3 * MINUTE);
    await look(3);
    expect(test.asked).toEqual([]);
    // Nor does a store that is away keep it from anything.
    test.countedUntil = undefined;
    test.whileReading = async () => {
      throw new Error('away');
    };
    await look(3);
    expect((await actions(test))[0][0]).not.toBe('notified');
    test.whileReading = async () => {};
    await look(3);
    const told = (await actions(test)).filter(
      ([action]) => action === 'notified',
    );
    expect(told).toEqual([['notified', 'calls is below 1 for 1m (now 0)']]);
  });

  it('refuses what is wrong, contradicts itself or goes round in circles, by field', async () => {
    const test = await setup();
    const metric = {
      metric: 'error_ratio',
      above: 0.1,
      for: '5m',
      action: 'rollback',
    };
    const cases: Array<[unknown[], string[]]> = [
      [[{}], ['spec.triggers[0]: must have one of onVersion, onAlias']],
      [
        [{ onVersion: true, onAlias: { alias: 'x' } }],
        ['spec.triggers[0]: must have one of onVersion, onAlias'],
      ],
      [
        [{ onVersion: { where: 'owner = crm' } }],
        ['spec.triggers[0].onVersion.where: asks for owner'],
      ],
      [
        [{ schedule: { cron: '61 * * * *' } }],
        ['spec.triggers[0].schedule.cron: must be a cron expression'],
      ],
      [
        [{ schedule: { cron: '* * * * * *' } }],
        ['spec.triggers[0].schedule.cron: must be a cron expression'],
      ],
      [
        [{ schedule: { cron: '0 0 31 2 *' } }],
        ['spec.triggers[0].schedule.cron: never comes to pass'],
      ],
      [
        [{ schedule: { cron: '0 6 * * *', timezone: 'Mars/Base' } }],
        ['spec.triggers[0].schedule.timezone: must be a time zone'],
      ],
      [
        [{ onMetric: { ...metric, for: 'a while' } }],
        ['spec.triggers[0].onMetric.for: must be a duration'],
      ],
      [
        [{ onMetric: { ...metric, below: 1 } }],
        ['spec.triggers[0].onMetric: must have one of above and below'],
      ],
      [
        [{ onMetric: { ...metric, clears: 0.2 } }],
        ['spec.triggers[0].onMetric.clears: contradicts above'],
      ],
      [
        [{ onMetric: { ...metric, variant: 'other' } }],
        ['spec.triggers[0].onMetric.variant: is none of spec.variants'],
      ],
      [
        [{ onMetric: { ...metric, quantile: 0.5 } }],
        ['spec.triggers[0].onMetric.quantile: error_ratio has none'],
      ],
      [
        [{ onMetric: { ...metric, metric: 'nonsense' } }],
        ['spec.triggers[0].onMetric.metric: is neither error_ratio'],
      ],
      [
        [
          {
            onMetric: {
              metric: 'calls',
              below: 3,
              for: '5m',
              action: 'rollback',
            },
          },
        ],
        ['spec.triggers[0].onMetric.action: goes round in circles'],
      ],
      [
        [{ onMetric: metric }, { onMetric: { ...metric, action: 'hold' } }],
        ['spec.triggers[1]: contradicts spec.triggers[0]: both act'],
      ],
      [
        [
          { onMetric: metric },
          { onMetric: { ...metric, above: undefined, below: 0.2 } },
        ],
        ['spec.triggers[1]: contradicts spec.triggers[0]: every error_ratio'],
      ],
      [
        [{ onVersion: true }, { onVersion: true }],
        ['spec.triggers[1]: is the same as spec.triggers[0]'],
      ],
      [
        [{ onVersion: true }, { onVersion: { where: 'evaluation.x > 1' } }],
        ['spec.triggers[1]: contradicts spec.triggers[0]: one of them takes'],
      ],
    ];
    for (const [triggers, rules] of cases) {
      expect(await test.refusals({ triggers })).toEqual(
        rules.map(rule => expect.stringContaining(rule)),
      );
    }
    expect(
      await test.refusals({
        variants: [{ name: 'main', version: { number: 1 } }],
        triggers: [{ onVersion: true }],
      }),
    ).toEqual([
      expect.stringContaining('spec.triggers[0]: contradicts spec.variants'),
    ]);
    const more: Array<[object, string]> = [
      [
        { gates: [{ window: { from: '8', to: '17:00', timezone: 'UTC' } }] },
        'spec.gates[0].window.from: must be a time of day',
      ],
      [
        {
          gates: [
            { evidence: { evaluation: { metric: 'x', above: 2, below: 1 } } },
          ],
        },
        'spec.gates[0].evidence.evaluation: above must be less than below',
      ],
      [{ gates: [{}] }, 'spec.gates[0]: must have one of approval'],
      [
        {
          variants: [
            { name: 'a', version: { number: 1 }, weight: 60 },
            { name: 'b', version: { number: 1 }, weight: 50 },
          ],
        },
        'spec.variants: the weights must add up to 100, not 110',
      ],
      [
        { variants: [{ name: 'a', version: { number: 9 } }] },
        'spec.variants[0].version: the model churn has no such version',
      ],
      [
        { system: 'marketing' },
        'spec.system: the model churn belongs to the system customer-care',
      ],
      [
        { resources: { replicas: { min: 1, max: 1001 } } },
        'spec.resources.replicas.max: ',
      ],
    ];
    for (const [change, rule] of more) {
      expect(await test.refusals(change)).toEqual([
        expect.stringContaining(rule),
      ]);
    }
    expect(await test.store.all()).toEqual([]);
  });
});
