import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { editModel, modelFolder } from '../platform/modelFolder';
import { Platform } from '../platform/Platform';
import { catalogHas } from './catalogHas';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';
import { expectAccessible } from './expectAccessible';

/** Somebody who hears of models, and may be out of order. */
class Receiver {
  readonly heard: Array<{ event: string; signed: boolean }> = [];
  status = 200;
  private readonly server = http.createServer((req, res) => {
    let body = '';
    req.on('data', data => (body += data));
    req.on('end', () => {
      const { entity, action } = JSON.parse(body);
      this.heard.push({
        event: `${entity}.${action}`,
        signed: req.headers['x-mlflow-signature'] !== undefined,
      });
      res.writeHead(this.status).end('{"seen":true}');
    });
  });

  async start(): Promise<string> {
    await new Promise<void>(resolve => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${
      (this.server.address() as AddressInfo).port
    }/models`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

test.describe.serial('the life of models, on the pages', () => {
  let platform: Platform;
  const receiver = new Receiver();
  let address: string;
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-life-'));
  const portal = (at: string) => `${platform.quickstart.portalUrl}${at}`;

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    address = await receiver.start();
    const config = path.join(work, 'rules.yaml');
    fs.writeFileSync(
      config,
      JSON.stringify({
        modelPlatform: {
          aliasRules: [
            {
              alias: 'champion',
              systems: ['plant-catalogue'],
              requires: { approval: { by: ['group:default/management'] } },
            },
          ],
          webhooks: { allow: ['127.0.0.1'], allowHttp: true },
        },
      }),
    );
    platform = await Platform.create({
      MODEL_PLATFORM_CONFIG: config,
      MODEL_PLATFORM_EXAMPLES: 'iris',
    });
    await platform.start({ timeoutMs: 600_000 });
    const folder = modelFolder('garden', model => {
      model.metadata.method = 'a decision tree';
      model.evaluation = { accuracy: 0.9 };
    });
    for (const accuracy of [0.9, 0.95]) {
      editModel(folder, model => {
        model.evaluation = { accuracy };
      });
      const published = await platform.cli(['publish', folder]);
      expect(published, published.stderr).toMatchObject({ code: 0 });
    }
    fs.rmSync(folder, { recursive: true, force: true });
    await catalogHas(platform, 'garden');
  });

  test.afterAll(async () => {
    await platform.destroy();
    receiver.stop();
    fs.rmSync(work, { recursive: true, force: true });
  });

  test('a webhook is made, tried, hears, and sends again what failed', async ({
    page,
  }) => {
    await signInAs(page, platform, 'mira');
    await page.goto(portal('/catalog/default/model/garden/governance'));
    await page
      .getByRole('link', { name: 'webhooks of plant-catalogue' })
      .click();
    await expect(page.getByText('Nobody hears of the models')).toBeVisible();
    await page.getByRole('button', { name: 'New webhook' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('ci');
    await page.getByRole('textbox', { name: 'Address' }).fill(address);
    await page.getByLabel('Secret').fill('known to both');
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByRole('button', { name: 'Send an example' }).click();
    await expect(
      page.getByText('The receiver took it: answered 200'),
    ).toBeVisible();
    expect(receiver.heard).toEqual([
      { event: 'model_version.created', signed: true },
    ]);

    receiver.status = 400;
    const moved = await platform.cli(['alias', 'set', 'garden', 'next', '2']);
    expect(moved, moved.stderr).toMatchObject({ code: 0 });
    const row = page.getByRole('row', { name: /model version alias created/ });
    await expect(row).toContainText('failed');
    await expect(row).toContainText('answered 400');
    receiver.status = 200;
    await row.getByRole('button', { name: /^Send again/ }).click();
    await expect(row).toContainText('delivered');
    await expect(row).toContainText('answered 200');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await expect(row).toContainText('delivered');
      await keepScreenshot(page, `webhook-${colorScheme}`);
      await expectAccessible(page, `webhook, ${colorScheme}`);
    }

    await page.getByRole('button', { name: 'Pause' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: 'Pause' })
      .click();
    await expect(page.getByRole('cell', { name: 'paused' })).toBeVisible();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: 'Delete' })
      .click();
    await expect(page.getByText('Nobody hears of the models')).toBeVisible();
  });

  test('who may not publish in a system is told so, and by whom', async ({
    page,
    watch,
  }) => {
    watch.expect({ status: 403, url: /v1\/webhooks/ });
    await signInAs(page, platform, 'dana');
    await page.goto(portal('/model-platform/webhooks?system=plant-catalogue'));
    await expect(page.getByRole('alert')).toContainText(
      'You may not see the webhooks',
    );
    await expect(page.getByRole('alert')).toContainText('owner group');
  });

  test('who moves an alias in vain is told whose approval is missing', async ({
    page,
    watch,
  }) => {
    watch.expect({ status: 409, url: /aliases\/champion/ });
    await signInAs(page, platform, 'mira');
    await page.goto(portal('/catalog/default/model/garden/versions'));
    await page.getByRole('button', { name: 'Make champion' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText(
      'champion asks for an approval that v2 has not',
    );
    await dialog.getByRole('button', { name: 'Make v2 champion' }).click();
    await expect(dialog.getByRole('alert')).toContainText('lacks an approval');
    await dialog.getByRole('link', { name: 'Approvals' }).click();
    await expect(page.getByText('Nothing waits for you')).toBeVisible();
  });

  test('what waits for an approver is refused or approved with a reason, beside what it would replace', async ({
    page,
  }) => {
    await signInAs(page, platform, 'sofia');
    await page.goto(portal('/model-platform/approvals'));
    const waiting = page.getByRole('region', { name: 'garden, version 2' });
    await expect(waiting).toContainText('champion, which names no version yet');
    await waiting.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('button', { name: 'Approve v2' }).click();
    await expect(page.getByRole('alert')).toContainText('Say why');
    await page
      .getByRole('textbox', { name: 'Reason' })
      .fill('Better on new beds');
    await page.getByRole('button', { name: 'Approve v2' }).click();
    await expect(waiting).toHaveCount(0);
    const moved = await platform.cli([
      'alias',
      'set',
      'garden',
      'champion',
      '2',
    ]);
    expect(moved, moved.stderr).toMatchObject({ code: 0 });

    const folder = modelFolder('garden', model => {
      model.metadata.method = 'a guess';
      model.evaluation = { accuracy: 0.5 };
    });
    expect((await platform.cli(['publish', folder])).code).toBe(0);
    const worse = page.getByRole('region', { name: 'garden, version 3' });
    await expect(
      worse.getByRole('row', {
        name: /Evaluation: accuracy 0\.95 0\.5 -0\.45/,
      }),
    ).toBeVisible();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await expect(worse.getByRole('table')).toBeVisible();
      await keepScreenshot(page, `approvals-waiting-${colorScheme}`);
      await expectAccessible(page, `approvals-waiting, ${colorScheme}`);
    }
    await worse.getByRole('button', { name: 'Refuse' }).click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('A coin knows it');
    await page.getByRole('button', { name: 'Refuse v3' }).click();
    await expect(worse).toHaveCount(0);
    await page.goto(portal('/catalog/default/model/garden/versions?version=3'));
    await expect(page.getByRole('region', { name: 'Approvals' })).toContainText(
      'Refused by sofia for management',
    );
  });

  test('models are counted by any field, and the best match stands first', async ({
    page,
  }) => {
    await signInAs(page, platform, 'mira');
    await page
      .getByRole('combobox', { name: 'Another field of the metadata' })
      .fill('method');
    // The list of fields lies over the rest of the page.
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Count by it' }).click();
    await expect(page).toHaveURL(/field=metadata\.method/);
    const method = page.getByRole('group', { name: 'method', exact: true });
    await method.getByText('a decision tree (1)').click();
    await expect(page).toHaveURL(/metadata\.method=a\+decision\+tree/);
    await expect(page.getByText('1 model', { exact: true })).toBeVisible();
    await page.reload();
    await expect(
      page.getByRole('row', { name: /method: a decision tree/ }),
    ).toBeVisible();
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page
      .getByRole('button', { name: 'Remove the counts by method' })
      .click();
    await expect(method).toHaveCount(0);

    const sorted = page.waitForRequest(/v1\/models\?.*q=iris.*sort=relevance/);
    await page.getByRole('searchbox', { name: 'Search models' }).fill('iris');
    await sorted;
    await expect(page.getByRole('button', { name: /Sort by/ })).toContainText(
      'Best match',
    );
  });

  test('a whole model is archived, and deleted by its typed name; never one in use', async ({
    page,
    watch,
  }) => {
    watch.expect({ status: 409, url: /models\/iris\?permanently/ });
    const folder = modelFolder('mistake');
    expect((await platform.cli(['publish', folder])).code).toBe(0);
    await catalogHas(platform, 'mistake');
    await signInAs(page, platform, 'mira');
    const archive = async (name: string) => {
      await page.goto(portal(`/catalog/default/model/${name}/governance`));
      await page.getByRole('button', { name: 'Archive the model' }).click();
      await page.getByRole('button', { name: `Archive ${name}` }).click();
      await expect(page).toHaveURL(/models\?archived=true/);
      await page
        .getByRole('rowheader', { name: new RegExp(`^${name}\\b`) })
        .getByRole('button', { name: /Archived/ })
        .click();
    };
    await archive('mistake');
    const dialog = page.getByRole('dialog');
    const remove = dialog.getByRole('button', {
      name: 'Delete mistake for good',
    });
    const typed = dialog.getByRole('textbox', { name: /type its name/ });
    await typed.fill('mistakes');
    await expect(remove).toBeDisabled();
    await keepScreenshot(page, 'delete-model');
    // Beneath it, the table's own loading mark has lost its name.
    await expectAccessible(page, 'delete-model', '[role=dialog]');
    await typed.fill('mistake');
    await remove.click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText('No model matches')).toBeVisible();
    expect((await platform.api('v1/models/mistake')).status).toBe(404);

    await archive('iris');
    await typed.fill('iris');
    await dialog.getByRole('button', { name: 'Delete iris for good' }).click();
    await expect(dialog.getByRole('alert')).toContainText('iris is in use');
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await expect(dialog).toHaveCount(0);
    expect(
      (await (await platform.api('v1/models/iris')).json()).archivedAt,
    ).toBeUndefined();
  });
});
