import { TestDatabases } from '@backstage/backend-test-utils';
import { DeploymentTrigger } from '@model-platform/plugin-model-platform-common';
import { TestDeployments } from '../__testUtils__/TestDeployments';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const latest = [{ name: 'main', version: { latest: true as const } }];

describe.each(databases.eachSupportedId())('archiving in %p', id => {
  async function setup() {
    const test = await TestDeployments.create(await databases.init(id));
    test.models.add('churn');
    test.models.publish('churn', 1);
    return test;
  }

  const actions = async (test: TestDeployments) => {
    const record = await test.deployments.get('churn');
    const entries = await test.store.history(record, { limit: 20 });
    return entries.map(({ action, reason }) => [action, reason]);
  };

  it.each([
    ['each version', []],
    [
      'each version for which a condition holds',
      [{ onVersion: { where: 'evaluation.accuracy >= 0.9' } }],
    ],
  ] as Array<[string, DeploymentTrigger[]]>)(
    'goes on with what serves where that is archived, following %s',
    async (_what, triggers) => {
      const test = await setup();
      const publish = (number: number) =>
        test.models.publish('churn', number, {
          evaluation: { accuracy: 0.95 },
        });
      publish(1);
      await test.apply({
        variants: latest,
        ...(triggers.length > 0 ? { triggers } : {}),
      });
      publish(2);
      await test.look();
      // What does not serve yet need not begin.
      test.models.archive('churn', 2);
      await test.look();
      expect(await test.state()).toMatchObject({ revision: 3, versions: [1] });
      expect((await actions(test))[0]).toEqual([
        'triggered',
        'Version 2 was archived',
      ]);
      await test.serve();
      test.models.restore('churn', 2);
      await test.look();
      await test.serve();
      test.models.archive('churn', 2);
      const { changes } = await test.look();
      expect(await test.state()).toMatchObject({ revision: 4, versions: [2] });
      expect((await actions(test))[0]).toEqual([
        'passed-over',
        'Version 2 was archived; what serves goes on',
      ]);
      expect((await test.look()).changes).toBe(changes);
      expect(JSON.stringify(await actions(test))).not.toContain(
        'ersion 1 was published',
      );
      test.models.restore('churn', 2);
      await test.look();
      expect(await test.state()).toMatchObject({ revision: 4, versions: [2] });
      test.models.archive('churn', 2);
      await test.look();
      publish(3);
      await test.look();
      expect(await test.state()).toMatchObject({ revision: 5, versions: [3] });
    },
  );

  it('asks for what is left where what waits is archived', async () => {
    const test = await setup();
    const spec = { variants: latest, triggers: [{ onVersion: true as const }] };
    await test.apply(spec);
    await test.serve();
    await test.apply({ ...spec, gates: [{ approval: { by: 'model-risk' } }] });
    test.models.publish('churn', 2);
    await test.look();
    test.models.publish('churn', 3);
    await test.look();
    test.models.archive('churn', 3);
    for (let look = 0; look < 2; look += 1) await test.look();
    expect((await test.state()).request).toMatchObject({
      variants: [{ version: 2 }],
    });
    test.models.archive('churn', 2);
    for (let look = 0; look < 2; look += 1) await test.look();
    expect(await test.state()).toMatchObject({
      ...{ revision: 1, versions: [1], request: undefined },
    });
  });
});
