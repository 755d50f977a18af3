import { TestDatabases } from '@backstage/backend-test-utils';
import { mira, TestDeployments } from '../__testUtils__/TestDeployments';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'decisions on canaries in %p',
  id => {
    it.each(['abort', 'promote', 'resume'] as const)(
      'refuses to %s one that came to its end meanwhile',
      async verb => {
        const test = await TestDeployments.create(await databases.init(id));
        test.models.add('churn');
        test.models.publish('churn', 1);
        const steps = [
          { weight: 10, pause: '1h', waitForPerson: true as const },
        ];
        await test.apply({ strategy: { type: 'canary', steps } });
        await test.serve();
        test.models.publish('churn', 2);
        await test.look();
        const decide = () => test.deployments[verb]('churn', mira, {});
        /** How far the reconciler finds it to be, which is no change of what is wanted. */
        const step = async (phase: 'progressing' | 'promoted') => {
          const seen = await test.deployments.get('churn');
          await test.store.saveStatus(
            seen,
            {
              ...seen,
              servingRevision: phase === 'promoted' ? 2 : 1,
              canary: {
                ...{ phase, revision: 2, stableRevision: 1, stable: [] },
                ...{ step: 1, steps: 1, weight: 10, analysis: [] },
                startedAt: test.now.toISOString(),
                waitsFor: phase === 'promoted' ? undefined : 'person',
              },
            },
            await test.lead(),
          );
        };
        await step('progressing');
        const before = await test.deployments.get('churn');
        const change = test.store.change.bind(test.store);
        jest
          .spyOn(test.store, 'change')
          .mockImplementationOnce(async (...all) => {
            await step('promoted');
            return await change(...all);
          });
        await expect(decide()).rejects.toThrow('no canary');
        expect(await test.deployments.get('churn')).toMatchObject({
          changes: before.changes,
          decision: undefined,
          canary: { phase: 'promoted' },
        });

        // Where it only got on, nothing is in the way.
        await step('progressing');
        jest
          .spyOn(test.store, 'change')
          .mockImplementationOnce(async (...all) => {
            await step('progressing');
            return await change(...all);
          });
        expect((await decide()).decision?.by).toBe(mira.name);
      },
    );
  },
);
