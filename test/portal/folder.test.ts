import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { modelFolder } from '../platform/modelFolder';
import { Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { dropFolder } from './dropFolder';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';
import { expectAccessible } from './expectAccessible';

const MIB = 1024 * 1024;
/** Twelve parts. */
const LARGE_BYTES = 96 * MIB;

test.describe('mira publishes a folder from the page', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test.beforeEach(async ({ page }) => {
    await signInAs(page, platform, 'mira');
    await page.goto(`${platform.quickstart.portalUrl}/model-platform/publish`);
  });

  test('dropped, told by field what is refused, mended in place, published and shown', async ({
    page,
  }) => {
    const folder = modelFolder('dropped', model => {
      delete model.metadata.purpose;
      model.metadata.risk = 'tiny';
      delete model.files;
    });
    fs.writeFileSync(path.join(folder, '.modelignore'), 'notes\n');
    for (const left of ['node_modules/x', 'notes']) {
      fs.mkdirSync(path.join(folder, left), { recursive: true });
      fs.writeFileSync(path.join(folder, left, 'left.js'), 'out');
    }
    const table = page.getByRole('table', { name: 'What is refused' });
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await dropFolder(page, folder);
      await expect(table).toBeVisible();
      await keepScreenshot(page, `folder-refused-${colorScheme}`);
      await expectAccessible(page, `folder-refused, ${colorScheme}`);
    }
    await expect(
      table.getByRole('row', { name: /metadata\.purpose is missing/ }),
    ).toContainText('platform');
    await expect(
      table.getByRole('row', { name: /metadata\.risk .*tiny/ }),
    ).toContainText('minimal');
    expect((await platform.api('v1/models/dropped')).status).toBe(404);

    const editor = page.getByRole('textbox', { name: 'model.yaml' });
    const model = JSON.parse(await editor.inputValue());
    model.metadata.purpose = 'Sorts what was dropped.';
    model.metadata.risk = 'minimal';
    await editor.fill(JSON.stringify(model));
    await page.getByRole('button', { name: 'Check again' }).click();
    await expect(page.getByText('Nothing would be refused')).toBeVisible();
    await page.getByText('Files that make up the version').click();
    await expect(page.getByText(/^iris\.onnx, /)).toBeVisible();
    await expect(page.getByText(/left\.js/)).toHaveCount(0);
    await expectAccessible(page, 'folder that can be published');
    await page.getByRole('button', { name: 'Publish dropped' }).click();
    await expect(page.getByText('Published dropped, version 1.')).toBeVisible();
    await page.getByRole('link', { name: 'See version 1' }).click();
    await expect(page).toHaveURL(/model\/dropped\/versions\?version=1$/);
    await expect(page.getByRole('region', { name: 'Version 1' })).toContainText(
      'Sorts what was dropped.',
    );
    const published = await (
      await platform.api('v1/models/dropped/versions/1')
    ).json();
    expect(
      published.files.map(({ path: name }: { path: string }) => name),
    ).toEqual([
      'README.md',
      'canary.yaml',
      'examples.yaml',
      'iris.onnx',
      'model.yaml',
      'train.py',
    ]);
    // The same content by command is no other version.
    fs.writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(model));
    const again = await platform.cli(['publish', folder]);
    expect(again.stdout, again.stderr).toContain('dropped is unchanged');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('chosen by keyboard; cut off and reloaded, the same folder goes on where it was', async ({
    page,
    watch,
  }) => {
    test.setTimeout(900_000);
    const folder = modelFolder('cut on the page', model => {
      model.files = ['iris.onnx', 'weights.bin'];
    });
    fs.writeFileSync(
      path.join(folder, 'weights.bin'),
      randomFillSync(Buffer.alloc(LARGE_BYTES)),
    );
    const chooseByKeyboard = async () => {
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Choose a folder' }).focus();
      await page.keyboard.press('Enter');
      await (await chooser).setFiles(folder);
      // Hashing takes its time where the machine is busy.
      await expect(page.getByText('Nothing would be refused')).toBeVisible({
        timeout: 240_000,
      });
      await page
        .getByRole('button', { name: 'Publish cut on the page' })
        .focus();
      await page.keyboard.press('Enter');
    };
    const parts: string[] = [];
    page.on('requestfinished', request => {
      const [, part] = /\/parts\/(\d+)$/.exec(request.url()) ?? [];
      if (part && request.method() === 'PUT') parts.push(part);
    });
    watch.expectCuts();
    // The road is closed once some parts are through.
    await page.route(/\/parts\/(9|1\d)$/, route => route.abort());
    await chooseByKeyboard();
    await expect(
      page.getByRole('progressbar', { name: 'weights.bin' }),
    ).toBeVisible();
    await expect(page.getByText('The connection was cut')).toBeVisible();
    await keepScreenshot(page, 'folder-cut');
    await expectAccessible(page, 'folder-cut');
    page.on('dialog', dialog => dialog.accept());
    await page.reload();
    await expect(
      page.getByText('Publishing version 1 of cut on the page was cut off'),
    ).toBeVisible();
    const before = [...parts];
    expect(before.length).toBeGreaterThanOrEqual(4);
    expect((await platform.api('v1/models/cut-on-the-page')).status).toBe(404);

    await page.unroute(/\/parts\/(9|1\d)$/);
    await chooseByKeyboard();
    await expect(
      page.getByText('Published cut on the page, version 1.'),
    ).toBeVisible({ timeout: 240_000 });
    const after = parts.slice(before.length);
    expect(after.filter(part => before.includes(part))).toEqual([]);
    expect(before.length + after.length).toBe(LARGE_BYTES / (8 * MIB));
    await page.reload();
    await expect(
      page.getByRole('button', { name: 'Choose a folder' }),
    ).toBeVisible();
    await expect(page.getByText('was cut off')).toHaveCount(0);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('refused where the right is missing, with who can give it', async ({
    page,
    watch,
  }) => {
    watch.expect({ status: 403, url: /dryRun=true/ });
    const folder = modelFolder('not mine', model => {
      model.owner = 'group:default/care-analytics';
      model.system = 'patient-care';
    });
    await dropFolder(page, folder);
    await expect(page.getByRole('alert')).toContainText(
      'You may not publish this',
    );
    await expect(page.getByRole('alert')).toContainText('patient-care');
    fs.rmSync(folder, { recursive: true, force: true });
  });
});
