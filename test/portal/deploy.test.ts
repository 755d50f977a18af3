import fs from 'node:fs';
import { expect } from '@playwright/test';
import { modelFolder } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';
import { catalogHas } from './catalogHas';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';
import { expectAccessible } from './expectAccessible';

test.use({ viewport: { width: 1400, height: 900 } });

// Another colour scheme makes the page anew, so that a dialog would be gone.
for (const colorScheme of ['light', 'dark'] as const) {
  test(`a model is deployed and changed on its page: what is wrong at its line, what would happen, then it is so, ${colorScheme}`, async ({
    page,
    watch,
  }) => {
    const name = `deployed-by-page-${colorScheme}`;
    await page.emulateMedia({ colorScheme });
    watch.expect({ status: 400, url: /deployments\/.*dryRun=true/ });
    const platform = sharedPlatform();
    const folder = modelFolder(name);
    const published = await platform.cli(['publish', folder]);
    expect(published.code, published.stderr).toBe(0);
    fs.rmSync(folder, { recursive: true, force: true });

    /** A picture, in which axe finds nothing serious. */
    const look = async (picture: string, part: string) => {
      await keepScreenshot(page, `${picture}-${colorScheme}`);
      await expectAccessible(page, picture, part);
    };
    await catalogHas(platform, name);
    await signInAs(page, platform, 'mira');
    const address = `${platform.quickstart.portalUrl}/catalog/default/model/${name}/deployments`;
    await page.goto(address);
    await expect(page.getByText('Nothing serves this model yet')).toBeVisible();

    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const document = dialog.getByRole('textbox', { name: 'Deployment' });
    const press = async (button: string) =>
      await dialog.getByRole('button', { name: button, exact: true }).click();
    const change = async (from: string | RegExp, to: string) =>
      await document.fill((await document.inputValue()).replace(from, to));
    await expect(document).toHaveValue(/latest: true/);
    await change('environment: local', 'environment: nowhere');
    await press('See what would happen');
    const refused = dialog.getByRole('alert');
    await expect(refused).toContainText('spec.environment');
    await expect(refused).toContainText('there are: local');
    await expect(refused.getByRole('button', { name: 'Line 8' })).toBeVisible();
    await look('deploy-refused', '[role="dialog"]');

    await change('environment: nowhere', 'environment: local');
    await press('See what would happen');
    const would = dialog.getByRole('region', { name: 'What would happen' });
    await expect(would).toContainText(`${name} would be made`);
    await expect(would).toContainText(`main: ${name} version 1, 100 %`);
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('the first one');
    await would.scrollIntoViewIfNeeded();
    await look('deploy-plan', '[role="dialog"]');
    await press('Deploy');
    await expect(dialog).toBeHidden();
    const happened = page.getByRole('list', {
      name: `What happened to ${name}`,
    });
    await expect(happened).toContainText('Revision 1 has all traffic');
    await expect(happened).toContainText('the first one');
    const conditions = page.getByRole('region', {
      name: `Conditions of ${name}`,
    });
    await expect(conditions).toContainText('AsWanted');
    await conditions.scrollIntoViewIfNeeded();
    await look(
      'deployment-conditions',
      `section[aria-label="Conditions of ${name}"]`,
    );

    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await change(/\n*$/, '\n  limits: { concurrentCalls: 7 }\n');
    await press('See what would happen');
    await expect(would).toContainText(`${name} would be changed`);
    await expect(would).toContainText('spec.limits');
    await would.scrollIntoViewIfNeeded();
    await look('deployment-change', '[role="dialog"]');
    await press('Apply the change');
    await expect(dialog).toBeHidden();
    await expect(happened).toContainText('Revision 2 has all traffic');
    const { spec } = await (
      await platform.api(`v1/deployments/${name}`)
    ).json();
    expect(spec).toMatchObject({ limits: { concurrentCalls: 7 } });

    await page.goto(
      `${platform.quickstart.portalUrl}/model-platform/deployments`,
    );
    await page.getByRole('button', { name: 'New deployment' }).click();
    await dialog.getByRole('combobox', { name: 'Model' }).fill(name);
    await page.getByRole('option', { name }).click();
    await expect(document).toHaveValue(new RegExp(`name: ${name}-2`));
    await press('See what would happen');
    await expect(would).toContainText(`${name}-2 would be made`);
    await look('deployment-new', '[role="dialog"]');
    await press('Cancel');
    await expect(dialog).toBeHidden();

    await page.goto(address);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(dialog).toContainText('in the last 24 hours');
    await dialog.getByRole('textbox', { name: /type its name/ }).fill(name);
    await look('deployment-delete', '[role="dialog"]');
    await press(`Delete ${name}`);
    await expect(dialog).toBeHidden();
    await expect
      .poll(async () => (await platform.api(`v1/deployments/${name}`)).status)
      .toBe(404);
  });
}
