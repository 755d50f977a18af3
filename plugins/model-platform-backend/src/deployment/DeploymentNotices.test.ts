import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { TestDeployments } from './__testUtils__/TestDeployments';
import { DeploymentNotices } from './DeploymentNotices';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const link = '/catalog/default/model/churn/deployments';

describe('DeploymentNotices', () => {
  it('asks approvers once for each request, tells who asked, and the owner of what lasts', async () => {
    const test = await TestDeployments.create(await databases.init('SQLITE_3'));
    const model = test.models.add('churn', { visibility: 'everyone' });
    test.models.publish('churn', 1);
    const sent: NotificationSendOptions[] = [];
    let isDown = false;
    const logger = mockServices.logger.mock();
    const notices = new DeploymentNotices({
      notifications: {
        async send(options) {
          if (isDown) throw new Error('no such plugin');
          sent.push(options);
        },
      },
      store: test.store,
      models: test.models,
      logger,
    });
    await test.apply({ gates: [{ approval: { by: 'model-risk' } }] });
    const waiting = await test.deployments.get('churn');
    await notices.changed(waiting, 'requested');
    await notices.changed(waiting, 'applied');
    expect(sent.splice(0)).toEqual([
      {
        recipients: {
          type: 'entity',
          entityRef: ['group:default/model-risk'],
          excludeEntityRef: ['user:default/mira'],
        },
        payload: expect.objectContaining({
          title: 'Approval asked for: churn',
          description: 'user:default/mira asks for its next revision: Applied',
          link,
        }),
      },
    ]);

    const [request] = (
      await test.store.requests.waiting([waiting.id])
    ).values();
    const decision = {
      decision: 'refused' as const,
      approver: 'user:default/rosa',
      reason: 'Not yet',
    };
    await notices.decided(waiting, request, decision);
    expect(sent.splice(0)).toMatchObject([
      {
        recipients: { entityRef: ['user:default/mira'] },
        payload: { title: 'Refused: the next revision of churn', link },
      },
    ]);
    // To who may not know of the deployment, nothing says which it is, or why.
    model.visibility = 'system';
    await notices.changed(waiting, 'requested');
    await notices.decided(waiting, request, decision);
    const neutral = sent.splice(0).map(({ payload }) => payload);
    expect(neutral.map(({ title }) => title)).toEqual([
      'A revision waits for your approval',
      'Refused: a revision that you have a part in',
    ]);
    expect(JSON.stringify(neutral)).not.toMatch(/churn|Applied|Not yet|mira/);

    const degraded = (reason: string) => ({
      ...waiting,
      conditions: [
        {
          type: 'Degraded' as const,
          status: 'True' as const,
          reason,
          message: `It is ${reason}`,
          lastTransitionAt: '',
          lastTransitionTime: '',
          observedGeneration: 1,
        },
      ],
    });
    // A runner that is started again is nothing to be told of.
    await notices.changed(degraded('RunnersNotReady'), 'degraded');
    expect(sent).toEqual([]);
    await notices.changed(degraded('RolledBack'), 'degraded');
    await notices.rolledBack(waiting, 'error_ratio is above 0.05');
    expect(sent.splice(0)).toMatchObject([
      {
        recipients: { entityRef: [waiting.owner] },
        payload: {
          title: 'churn was rolled back',
          description: 'It is RolledBack',
        },
      },
      { payload: { description: 'error_ratio is above 0.05' } },
    ]);

    isDown = true;
    await notices.rolledBack(waiting, 'again');
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('no such plugin'),
    );
  });
});
