import fs from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { editModel, modelFolder } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';
import { catalogHas } from './catalogHas';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';
import { expectAccessible } from './expectAccessible';

const NAME = 'stepwise';

test('a canary is watched and steered on the page, which is never reloaded', async ({
  page,
}) => {
  test.setTimeout(900_000);
  const platform = sharedPlatform();
  const folder = modelFolder(NAME);
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
            { weight: 12.5, waitForPerson: true },
            { weight: 50, pause: '1h' },
          ],
          analysis: {
            metrics: [{ metric: 'error_ratio', max: 0.05 }],
            minCalls: 1,
          },
        },
      },
    }),
  );
  const cli = async (...args: string[]) => {
    const done = await platform.cli(args);
    expect(done, done.stderr).toMatchObject({ code: 0 });
  };
  const publish = async (accuracy: number) => {
    editModel(folder, model => {
      model.evaluation = { accuracy };
    });
    await cli('publish', folder);
  };
  await publish(0.9);
  await cli('deploy', folder);
  await catalogHas(platform, NAME);

  await signInAs(page, platform, 'mira');
  await page.goto(
    `${platform.quickstart.portalUrl}/catalog/default/model/${NAME}/deployments`,
  );
  const happened = page.getByRole('list', { name: `What happened to ${NAME}` });
  await expect(happened).toContainText('Revision 1 has all traffic');

  await publish(0.91);
  const canary = page.getByRole('region', { name: `Canary of ${NAME}` });
  await expect(canary).toContainText('Step 1 of 2, 12.5 % of the calls');
  await expect(
    page.getByText('main v1, 87.5 % · main v2, 12.5 %'),
  ).toBeVisible();
  await expect(happened).toContainText(
    'Revision 2 is ready beside revision 1: step 1 of 2, 12.5 %',
  );
  await happened.scrollIntoViewIfNeeded();
  await keepScreenshot(page, 'canary-progressing');
  await expectAccessible(
    page,
    'canary-progressing',
    `section[aria-label="Canary of ${NAME}"]`,
  );

  const decide = async (button: string, does: string, reason: string) => {
    await page.getByRole('button', { name: button, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason);
    await dialog.getByRole('button', { name: does, exact: true }).click();
    await expect(dialog).toBeHidden();
  };
  await decide('Pause', 'Pause', 'looking at it');
  await expect(page.getByText('Differs from the file')).toBeVisible();
  await expect(
    page.getByText(/overridden by .*: paused: looking at it/),
  ).toBeVisible();
  await keepScreenshot(page, 'canary-paused');
  await decide('Resume', 'Resume', 'it is fine');
  await expect(page.getByText('Differs from the file')).toBeHidden();

  await decide('Abort', 'Abort', 'not today');
  await expect(happened).toContainText(
    'Canary of revision 2 rolled back to revision 1',
  );
  await expect(happened).toContainText(
    /aborted by user:default\/mira: not today/,
  );
  await expect(page.getByText('latest is 2, serving 1')).toBeVisible();
  await happened.scrollIntoViewIfNeeded();
  await keepScreenshot(page, 'canary-aborted');

  await publish(0.92);
  await expect(
    page.getByText('main v1, 87.5 % · main v3, 12.5 %'),
  ).toBeVisible();
  await decide('Promote', 'Promote revision 3', 'seen enough');
  await expect(happened).toContainText('Revision 3 has all traffic');
  await expect(canary).toBeHidden();
  await keepScreenshot(page, 'canary-promoted');
  fs.rmSync(folder, { recursive: true, force: true });
});
