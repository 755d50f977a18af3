import { expect } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';

const NAME = 'iris-guarded';

test.describe('a revision that waits for somebody', () => {
  let platform: Platform;
  const at = (path: string) => `${platform.quickstart.portalUrl}${path}`;
  const api = async (method: string, path: string, body?: object) => {
    return await fetch(at(`/api/model-platform/v1/${path}`), {
      method,
      headers: {
        authorization: `Bearer ${platform.quickstart.publisherToken}`,
        'content-type': 'application/json',
      },
      body: body && JSON.stringify(body),
    });
  };

  test.beforeAll(async () => {
    platform = sharedPlatform();
    const iris = await (await api('GET', 'deployments/iris')).json();
    const answer = await api('PUT', `deployments/${NAME}`, {
      spec: {
        system: iris.system,
        environment: iris.environment,
        model: 'iris',
        resources: { replicas: { min: 0, max: 2 } },
        gates: [{ approval: { by: 'management' } }],
      },
    });
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining('"waiting"'),
    ]);
  });

  test.afterAll(async () => {
    await api('DELETE', `deployments/${NAME}`);
  });

  test('is told to who may approve it, waits on the page, and is made', async ({
    page,
  }) => {
    await signInAs(page, platform, 'sofia');
    await expect(async () => {
      await page.goto(at('/notifications'));
      await expect(
        // Not every approver may know of the deployment: the model is its system's own.
        page.getByText('A revision waits for your approval').first(),
      ).toBeVisible({ timeout: 30_000 });
    }).toPass({ timeout: 180_000 });
    await keepScreenshot(page, 'notifications');

    await page.goto(at('/model-platform/deployments'));
    const waiting = page.getByRole('region', {
      name: 'Waiting for my approval',
    });
    await expect(waiting).toContainText(NAME);
    await keepScreenshot(page, 'waiting-for-my-approval');
    await waiting.getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('Figures were looked at');
    await dialog.getByRole('button', { name: 'Approve it' }).click();
    await expect(waiting).toHaveCount(0);
    await expect(async () => {
      const { phase } = await (await api('GET', `deployments/${NAME}`)).json();
      expect(phase).toBe('Ready');
    }).toPass({ timeout: 180_000 });
    await page.goto(at('/catalog/default/model/iris/deployments'));
    await expect(page.getByText('(0–2 a variant)').first()).toBeVisible();
    await keepScreenshot(page, 'replicas');
  });
});
