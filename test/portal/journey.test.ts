import { expect, Locator, Page } from '@playwright/test';
import { modelFolder } from '../platform/modelFolder';
import { eventually, Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { callsInTable, showCallsTable } from './callsInTable';
import { catalogHas } from './catalogHas';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';

const OWN = 'journey';

/** The part of a page under a heading. */
const region = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('region', { name, exact: true });

/** A tab of a model's page. */
const tab = (page: Page, name: string): Locator =>
  page
    .getByRole('navigation', { name: 'Content navigation' })
    .getByRole('link', { name, exact: true });

test.describe('mira finds, understands and watches a model', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test.beforeEach(async ({ page }) => {
    await signInAs(page, platform, 'mira');
  });

  test('a theme leads to iris; its page says what it is for, its version, its calls and its log', async ({
    page,
  }) => {
    await page.goto(platform.quickstart.portalUrl);
    await expect(page).toHaveURL(/\/model-platform\/models$/);
    await page
      .getByRole('group', { name: 'Theme' })
      .getByText(/^species-recognition/)
      .click();
    await expect(page).toHaveURL(/[?&]theme=species-recognition/);
    const row = page.getByRole('row').filter({
      has: page.getByRole('rowheader', { name: /^iris\b/ }),
    });
    await expect(row).toContainText('species-recognition');
    await page.reload();
    await expect(page).toHaveURL(/[?&]theme=species-recognition/);
    await expect(
      page
        .getByRole('group', { name: 'Theme' })
        .getByRole('checkbox', { name: /^species-recognition/ }),
    ).toBeChecked();
    await expect(
      page
        .getByRole('main')
        .getByRole('grid')
        .getByText('species-recognition')
        .first(),
    ).toBeVisible();
    await row
      .getByRole('rowheader')
      .getByRole('link', { name: 'iris', exact: true })
      .click();

    await expect(page).toHaveURL(/\/catalog\/default\/model\/iris$/);
    const purpose = region(page, 'What it is for');
    for (const fact of [
      'Suggest the species of an iris',
      'Visitors and editors of the plant guide',
      'Multinomial logistic regression',
      'doi.org/10.24432/C56C76',
      'no personal data',
      'species-recognition',
      'minimal',
      'Three species only',
    ]) {
      await expect(purpose).toContainText(fact);
    }
    const service = region(page, 'In service');
    await expect(service).toContainText(/Version\s*v1/);
    await expect(service).toContainText('Serving');
    await expect(service).toContainText(platform.quickstart.endpoints[0].url);

    await tab(page, 'Versions').click();
    await expect(region(page, 'Version 1')).toContainText('accuracy');
    await expect(region(page, 'Inputs and outputs')).toContainText(
      'sepal_length',
    );
    await expect(page.getByRole('main').getByRole('grid')).toContainText(
      'quickstart',
    );

    await page.goto(
      `${platform.quickstart.portalUrl}/catalog/default/model/iris/metrics?range=1h`,
    );
    await showCallsTable(page);
    const metrics = async () =>
      await (await platform.api('v1/models/iris/metrics?range=1h')).json();
    // Calls of before may not be counted yet; two rounds of the collector later they are.
    const rounds = new Set<string>([(await metrics()).collectedAt]);
    const before = await eventually('the calls of before', async () => {
      const { collectedAt, calls } = await metrics();
      rounds.add(collectedAt);
      return (
        rounds.size > 2 &&
        (await callsInTable(page)) === calls.value && { calls: calls.value }
      );
    });
    for (let call = 0; call < 7; call += 1) {
      expect((await platform.predict('iris')).status).toBe(200);
    }
    await expect
      .poll(async () => await callsInTable(page), { timeout: 120_000 })
      .toBe(before.calls + 7);
    const chart = page.getByRole('figure', { name: /^Calls per / });
    await expect(chart.locator('svg path').first()).toBeVisible();
    await expect(chart).toContainText('Calls');

    await tab(page, 'Logs').click();
    await expect(page.getByRole('log')).toContainText(/INFO\s+ready/);
  });

  test.describe('with a model of her own', () => {
    const pageOf = (tab: string) =>
      `${platform.quickstart.portalUrl}/catalog/default/model/${OWN}/${tab}`;

    test.beforeAll(async () => {
      const folder = modelFolder(OWN);
      for (const command of ['publish', 'deploy']) {
        const done = await platform.cli([command, folder]);
        expect(done, done.stderr).toMatchObject({ code: 0 });
      }
      await catalogHas(platform, OWN);
    });

    const call = async (token: string) =>
      (
        await fetch(`${platform.quickstart.gatewayUrl}/${OWN}/predict`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify(platform.quickstart.endpoints[0].exampleRequest),
        })
      ).status;

    test('she gets a token, shown once, which calls; switching off and on is told and takes effect', async ({
      page,
    }) => {
      await page.goto(pageOf('use'));
      const url = `${platform.quickstart.gatewayUrl}/${OWN}/predict`;
      await expect(
        page.getByRole('region', { name: 'The call in curl' }),
      ).toContainText(url);
      await expect(
        page.getByRole('region', { name: 'The call in curl' }),
      ).toContainText('"sepal_length"');
      await page
        .getByRole('combobox', { name: 'Application' })
        .fill('component:default/plant-guide');
      await page.keyboard.press('Escape');
      await page
        .getByRole('button', { name: 'Get a token', exact: true })
        .click();
      const shown = page.getByRole('region', { name: 'The new token' });
      await expect(shown).toContainText(/mpe_\w+/);
      const [token] = /mpe_[\w-]+/.exec(await shown.innerText())!;
      await keepScreenshot(page, 'endpoint-token');
      await eventually(
        'the token calls',
        async () => (await call(token)) === 200,
      );
      await page.reload();
      await expect(
        page.getByRole('region', { name: '2. A token' }),
      ).toContainText(/by mira/);
      await expect(page.locator('body')).not.toContainText(token);

      await eventually('the call is counted', async () => {
        const response = await platform.api(
          `v1/models/${OWN}/metrics?range=24h`,
        );
        const { calls } = await response.json();
        return calls.value > 0;
      });
      await tab(page, 'Deployments').click();
      await expect(region(page, OWN)).toContainText('Serving');
      await page.getByRole('button', { name: 'Switch off' }).click();
      const off = page.getByRole('dialog', { name: `Switch ${OWN} off?` });
      await expect(off).toContainText('every call is refused');
      await expect(off).toContainText(/\d+ calls?/);
      await keepScreenshot(page, 'switch-off');
      await off.getByRole('button', { name: 'Cancel' }).click();
      await expect(off).toBeHidden();
      expect(await call(token)).toBe(200);

      await page.getByRole('button', { name: 'Switch off' }).click();
      await off
        .getByRole('textbox', { name: /Reason/ })
        .fill('Tidy the garden');
      await off.getByRole('button', { name: 'Switch off' }).click();
      await expect(off).toBeHidden();
      await eventually(
        'it refuses calls',
        async () => (await call(token)) === 503,
      );
      await expect(region(page, OWN)).toContainText('Switched off');
      await page.getByRole('button', { name: 'Switch on' }).click();
      const on = page.getByRole('dialog', { name: `Switch ${OWN} on?` });
      await on.getByRole('button', { name: 'Switch on' }).click();
      await expect(on).toBeHidden();
      await eventually(
        'it answers again',
        async () => (await call(token)) === 200,
      );
      await expect(region(page, OWN)).toContainText('Serving');
    });

    test('a followed log shows a runner that comes back, without a reload', async ({
      page,
    }) => {
      await page.goto(pageOf('logs'));
      const ready = page
        .getByRole('log')
        .locator('div')
        .filter({ hasText: /INFO\s+ready/ });
      await expect(ready.first()).toBeVisible();
      const before = await ready.count();
      const following = page.waitForResponse(response =>
        /\/logs\?.*follow=true/.test(response.url()),
      );
      await page.getByRole('button', { name: 'Follow', exact: true }).click();
      await following;
      await expect(ready).toHaveCount(before);
      const { runners } = await (
        await platform.api(`v1/deployments/${OWN}`)
      ).json();
      const serving = runners.find(
        (runner: { phase: string }) => runner.phase === 'ready',
      );
      process.kill(serving.pid, 'SIGKILL');
      await expect(ready).toHaveCount(before + 1);
    });
  });
});
