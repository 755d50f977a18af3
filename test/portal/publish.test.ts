import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, Page } from '@playwright/test';
import { modelFolder } from '../platform/modelFolder';
import { eventually, Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';

const execute = promisify(execFile);

/** Waits until the list of models, searched for a name, has it. */
async function seeOnModelsPage(page: Page, platform: Platform, name: string) {
  await page.goto(
    `${platform.quickstart.portalUrl}/model-platform/models?q=${name}`,
  );
  await expect(
    page
      .getByRole('rowheader', { name: new RegExp(`^${name}\\b`) })
      .getByRole('link', { name, exact: true }),
  ).toBeVisible();
}

test.describe('mira publishes', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test.beforeEach(async ({ page }) => {
    await signInAs(page, platform, 'mira');
  });

  test('with a token of the page, shown once, and told what is mandatory', async ({
    page,
  }) => {
    const name = 'published-by-page';
    await page.goto(`${platform.quickstart.portalUrl}/model-platform/publish`);
    const { schema } = await (
      await platform.api('v1/metadata-schemas/ml')
    ).json();
    const fields = page.locator('dl[aria-label="Fields of metadata"]');
    for (const field of schema.required as string[]) {
      const shown = fields
        .locator('div')
        .filter({
          has: page.locator('code', {
            hasText: new RegExp(`^${field}(\\.|$)`),
          }),
        })
        .first();
      await expect(shown).toContainText('mandatory');
    }

    await page
      .getByRole('textbox', { name: 'What the token is for' })
      .fill('laptop of mira');
    await page
      .getByRole('combobox', { name: 'System' })
      .fill('plant-catalogue');
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: 'Get a token', exact: true })
      .click();
    const shown = page.getByRole('region', {
      name: 'Publisher token',
      exact: true,
    });
    await expect(shown).toContainText(/^\s*mpt_\w+/);
    const token = (await shown.innerText()).trim();
    await expect(
      page.getByRole('region', { name: 'Where to, and who', exact: true }),
    ).toContainText(`MODEL_PLATFORM_TOKEN=${token}`);
    await keepScreenshot(page, 'publisher-token');
    await page.reload();
    await expect(
      page.getByRole('button', { name: 'Get a token' }),
    ).toBeVisible();
    await expect(page.locator('body')).not.toContainText(token);

    const folder = modelFolder(name);
    const published = await platform.cli(['publish', folder], { token });
    expect(published, published.stderr).toMatchObject({ code: 0 });
    await seeOnModelsPage(page, platform, name);
  });

  test('what the template made, filled in and run in the browser', async ({
    page,
  }) => {
    test.setTimeout(900_000);
    const name = 'wine-by-form';
    await page.goto(`${platform.quickstart.portalUrl}/create`);
    await expect(page.getByText('New ML model')).toBeVisible();
    await page.goto(`${platform.quickstart.portalUrl}/model-platform/publish`);
    await page.getByRole('link', { name: /template New ML model/ }).click();

    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page
      .getByRole('textbox', { name: 'Description' })
      .fill('Names the cultivar of a wine.');
    for (const [field, choice] of [
      ['Owner', /botany/i],
      ['System', /plant.catalogue/i],
    ] as const) {
      await page.getByRole('textbox', { name: field }).click();
      await page.getByRole('option', { name: choice }).click();
    }
    await page.getByRole('button', { name: 'Next' }).click();
    for (const [field, text] of [
      ['Purpose', 'Sort bottles that lost their label.'],
      ['Audience', 'The cellar application.'],
      ['Theme', 'wine-sorting'],
    ]) {
      await page.getByRole('textbox', { name: field }).fill(text);
    }
    await keepScreenshot(page, 'template-form');
    await page.getByRole('button', { name: 'Review' }).click();
    await expect(page.getByText('wine-sorting')).toBeVisible();
    await page.getByRole('button', { name: 'Create' }).click();

    await expect(page.getByText(/git clone/).first()).toBeVisible({
      timeout: 180_000,
    });
    await expect(
      page.getByText(/model-platform publish/).first(),
    ).toBeVisible();
    await expect(
      page.getByRole('link', { name: /Project in the catalog/ }),
    ).toBeVisible();
    await keepScreenshot(page, 'template-done');

    const work = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-project-'),
    );
    const project = path.join(work, name);
    await execute('git', [
      'clone',
      '--quiet',
      path.join(platform.dataDir, 'git', `${name}.git`),
      project,
    ]);
    const venv = path.join(work, 'venv', 'bin');
    await execute('python3', ['-m', 'venv', path.dirname(venv)]);
    await execute(
      path.join(venv, 'pip'),
      [
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '-r',
        'requirements-dev.txt',
      ],
      { cwd: project },
    );
    await execute(path.join(venv, 'python'), ['train.py'], { cwd: project });
    const published = await platform.cli(['publish', project]);
    expect(published, published.stderr).toMatchObject({ code: 0 });
    fs.rmSync(work, { recursive: true, force: true });

    await seeOnModelsPage(page, platform, name);
    await expect(
      page.getByRole('gridcell', { name: 'wine-sorting', exact: true }),
    ).toBeVisible();
    await eventually(
      'the deployment of its repository serves',
      async () =>
        (await (await platform.api(`v1/deployments/${name}`)).json()).phase ===
        'Ready',
      240_000,
    );
    await page.goto(
      `${platform.quickstart.portalUrl}/catalog/default/model/${name}`,
    );
    await expect(
      page.getByRole('region', { name: 'What it is for' }),
    ).toContainText('Sort bottles that lost their label.');
    await expect(
      page.getByRole('region', { name: 'In service' }),
    ).toContainText('Serving');
  });
});
