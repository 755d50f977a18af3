import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { mira, TestDeployments } from '../__testUtils__/TestDeployments';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const HOUR = 3_600_000;
const approval = { approval: { by: 'model-risk' } };
const byRisk = { approval: { by: 'group:default/model-risk' } };

describe.each(databases.eachSupportedId())('what waits in %p', id => {
  /** The portal starts with these gates. */
  async function start(knex: Knex, ...gates: object[]) {
    const test = await TestDeployments.create(knex, [{ name: 'local', gates }]);
    test.models.add('churn');
    test.models.publish('churn', 1);
    return test;
  }

  it.each([
    ['a trigger', [{ onAlias: { alias: 'champion' } }]],
    ['a person, who also lifts a pause,', undefined],
  ])(
    'asks for nothing more once what %s asked for means what serves',
    async (_who, triggers) => {
      const test = await start(await databases.init(id));
      const model = test.models.add('churn', { aliases: { champion: 1 } });
      test.models.publish('churn', 2);
      const spec = {
        variants: [{ name: 'main', version: { alias: 'champion' } }],
        triggers,
      };
      const gates = [approval];
      await test.apply(spec);
      await test.serve();
      if (triggers) await test.apply({ ...spec, gates });
      else await test.deployments.pause('churn', mira);
      model.aliases.champion = 2;
      if (!triggers) await test.apply({ ...spec, gates });
      await test.look();
      expect((await test.state()).request).toMatchObject({
        ...{ number: 1, variants: [{ version: 2 }] },
      });
      model.aliases.champion = 1;
      for (let look = 0; look < 2; look += 1) await test.look();
      expect(await test.state()).toMatchObject({
        ...{ revision: 1, versions: [1], request: undefined },
      });
      const record = await test.deployments.get('churn');
      expect(record.overrides).toEqual([]);
      expect(
        await test.store.requests.list(record.id, { limit: 10 }),
      ).toMatchObject([
        {
          ...{ number: 1, state: 'superseded' },
          closedReason: 'Its selectors mean what serves again',
        },
      ]);
      // And begins anew where they move once more.
      model.aliases.champion = 2;
      await (triggers ? test.look() : test.apply({ ...spec, gates }));
      expect((await test.state()).request).toMatchObject({ number: 2 });
    },
  );

  it('asks those whom an environment comes to name, also for what waits already', async () => {
    const knex = await databases.init(id);
    const window = (from: string) => ({
      window: { days: ['tue' as const], from, to: '17:00', timezone: 'UTC' },
    });
    const first = await start(knex, window('08:00'));
    await first.apply();
    await expect(first.decide('rosa')).rejects.toThrow("nobody's approval");

    const asking = await start(knex, window('08:00'), approval);
    for (let look = 0; look < 2; look += 1) await asking.look();
    expect((await asking.state()).request).toMatchObject({
      ...{ number: 2, actor: 'user:default/mira', reason: 'Applied' },
      gates: [{ gate: window('08:00') }, { gate: byRisk }],
    });
    expect(asking.announced).toEqual(['requested']);
    const record = await asking.deployments.get('churn');
    expect(await asking.store.history(record, { limit: 1 })).toMatchObject([
      {
        action: 'requested',
        reason:
          'It also takes the approval of group:default/model-risk by now, which request 1 did not ask for: Applied',
      },
    ]);
    await asking.decide('rosa');

    // What asks nobody takes no approval back.
    const later = await start(knex, window('08:00'), approval, window('10:00'));
    await later.look();
    expect((await later.state()).request).toMatchObject({
      ...{ number: 2, decisions: [{ approver: 'user:default/rosa' }] },
    });
    // Somebody else is asked for all of it: one word more is another decision.
    const crm = { approval: { by: 'crm' } };
    const both = await start(
      knex,
      window('08:00'),
      approval,
      window('10:00'),
      crm,
    );
    await both.look();
    expect((await both.state()).request).toMatchObject({
      ...{ number: 3, decisions: [] },
    });
    for (const who of ['rosa', 'dana']) await both.decide(who);
    both.pass(24.5 * HOUR);
    await both.look();
    expect((await both.state()).revision).toBeUndefined();
    both.pass(HOUR);
    await both.look();
    expect(await both.state()).toMatchObject({ revision: 1, versions: [1] });
  });
});
