import { expect } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';

test.describe('who may see and do what', () => {
  let platform: Platform;
  const at = (path: string) => `${platform.quickstart.portalUrl}${path}`;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test('arun reads and calls iris, without the buttons and rights of its owners', async ({
    page,
  }) => {
    await signInAs(page, platform, 'arun');
    const row = page.getByRole('rowheader', { name: /^iris\b/ });
    await row.getByRole('link', { name: 'iris', exact: true }).click();
    await expect(
      page.getByRole('region', { name: 'What it is for' }),
    ).toContainText('Suggest the species');

    await page.goto(at('/catalog/default/model/iris/deployments'));
    const deployment = page.getByRole('region', { name: 'iris', exact: true });
    await expect(deployment).toContainText('Serving');
    await expect(deployment).toContainText('Revision 1');
    await expect(
      page.getByRole('button', { name: /switch|roll back|promote/i }),
    ).toHaveCount(0);
    await page.goto(at('/catalog/default/model/iris/versions'));
    await expect(page.getByRole('region', { name: 'Version 1' })).toBeVisible();
    await expect(page.getByRole('button', { name: /champion/i })).toHaveCount(
      0,
    );

    const arun = await platform.signIn('arun');
    for (const [right, method, route, body] of [
      ['deploy', 'POST', 'v1/deployments/iris/off', {}],
      ['update', 'PUT', 'v1/models/iris/aliases/champion', { version: 1 }],
    ] as const) {
      const refused = await platform.api(route, {
        method,
        token: arun,
        body: JSON.stringify(body),
      });
      const { error } = await refused.json();
      expect(refused.status, route).toBe(403);
      expect(error.message).toContain(`the right to ${right}`);
      expect(error.message).toContain('group:default/botany-ml');
    }
    expect((await platform.predict('iris')).status).toBe(200);

    await page.goto(at('/catalog/default/model/iris/use'));
    await page
      .getByRole('combobox', { name: 'Application' })
      .fill('component:default/plant-guide');
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: 'Get a token', exact: true })
      .click();
    await expect(
      page.getByRole('region', { name: 'The new token' }),
    ).toContainText(/mpe_\w+/);
  });

  test('arun may not publish for others: neither on the page nor through the API', async ({
    page,
  }) => {
    await signInAs(page, platform, 'arun');
    await page.goto(at('/model-platform/publish'));
    await page
      .getByRole('textbox', { name: 'What the token is for' })
      .fill('arun tries');
    await page.getByRole('button', { name: /Owner of the models/ }).click();
    await expect(page.getByRole('option')).toHaveText(['greenhouse']);
    await page.keyboard.press('Escape');
    const refused = await platform.api('v1/publishers', {
      method: 'POST',
      token: await platform.signIn('arun'),
      body: JSON.stringify({
        name: 'arun tries',
        grants: [
          {
            actions: ['publish'],
            systems: ['plant-catalogue'],
            owners: ['group:default/botany-ml'],
          },
        ],
      }),
    });
    expect(refused.status).toBe(403);
  });

  test('dana meets iris nowhere: not listed, not in the catalog, not found, and a link says so', async ({
    page,
    watch,
  }) => {
    await signInAs(page, platform, 'dana');
    await expect(
      page.getByRole('rowheader', { name: /^disease-progression/ }),
    ).toBeVisible();
    await expect(page.getByRole('rowheader', { name: /^iris\b/ })).toHaveCount(
      0,
    );
    await expect(page.getByText('species-recognition')).toHaveCount(0);

    await page.goto(at('/catalog?filters[kind]=model&filters[user]=all'));
    await expect(
      page.getByRole('link', { name: 'disease-progression' }).first(),
    ).toBeVisible();
    await expect(
      page.getByRole('link', { name: 'iris', exact: true }),
    ).toHaveCount(0);

    // The index follows the registry; the page asks it once.
    await expect(async () => {
      await page.goto(at('/search?query=disease'));
      await expect(
        page.getByRole('link', { name: /disease-progression/ }).first(),
      ).toBeVisible({ timeout: 30_000 });
    }).toPass({ timeout: 180_000 });
    const searched = page.waitForResponse(
      response =>
        response.url().includes('/api/search/query') &&
        response.url().includes('iris'),
    );
    await page.goto(at('/search?query=iris'));
    await searched;
    await expect(page.getByText(/no results/i)).toBeVisible();

    watch.expect({ status: 404, url: /\/by-name\/model\/default\/iris$/ });
    for (const tab of ['', '/metrics', '/deployments']) {
      await page.goto(at(`/catalog/default/model/iris${tab}`));
      await expect(page.getByText(/not found/i)).toBeVisible();
    }
    await keepScreenshot(page, 'not-found');
  });

  test('sofia reads the figures of the models as the API says them', async ({
    page,
  }) => {
    await platform.predict('iris');
    await platform.predict('disease-progression');
    await signInAs(page, platform, 'sofia');
    await page.goto(at('/model-platform/kpis?range=7d'));
    const models = page.getByRole('main').getByRole('grid');
    const sofia = await platform.signIn('sofia');
    const overview = async () =>
      await (
        await platform.api('v1/kpis/overview?range=7d', { token: sofia })
      ).json();
    // The page asks anew now and then, and calls of before may still be counted.
    await expect
      .poll(
        async () => {
          const kpis = await overview();
          const shown = (count: number) => count.toLocaleString('en-US');
          const figures = {
            used: await page
              .getByRole('link', { name: /^Models in use: \d/ })
              .innerText(),
            published: await page
              .getByRole('link', { name: /^\d+ published$/ })
              .innerText(),
            calls: await page
              .getByRole('link', { name: /^Calls in 7 days: / })
              .innerText(),
          };
          const rows: Record<string, string> = {};
          for (const row of await models.getByRole('row').all()) {
            const name = await row
              .getByRole('rowheader')
              .allInnerTexts()
              .then(([text]) => text);
            if (name)
              rows[name] = await row.getByRole('gridcell').nth(3).innerText();
          }
          const same =
            figures.used === shown(kpis.modelsInUse.value) &&
            figures.published ===
              `${shown(kpis.modelsPublished.value)} published` &&
            figures.calls === shown(kpis.calls.value) &&
            kpis.calls.value > 1 &&
            kpis.models.every(
              (model: { name: string; calls: number }) =>
                rows[model.name] === shown(model.calls),
            ) &&
            Object.keys(rows).length === kpis.models.length;
          return same ? 'the same' : JSON.stringify({ figures, rows, kpis });
        },
        { timeout: 120_000 },
      )
      .toBe('the same');
    await expect(models).toContainText('iris');
    await expect(models).toContainText('disease-progression');
  });

  test('nobody signs in without the key, or with a wrong one', async ({
    page,
    watch,
  }) => {
    await page.goto(at('/'));
    await expect(
      page.getByText('This browser has no sign-in key yet'),
    ).toBeVisible();
    await expect(page.getByRole('main')).toContainText('npm start');
    await expect(page.getByRole('button', { name: /Sign in/ })).toHaveCount(0);
    await keepScreenshot(page, 'sign-in-without-key');

    watch.expect({ status: 401, url: /\/api\/auth\/sample-people\/refresh/ });
    await page.goto(at('/?key=made-up'));
    await page
      .getByRole('button', { name: 'Sign in as Mira', exact: true })
      .click();
    await expect(
      page.getByText('This sign-in key is not valid any more'),
    ).toBeVisible();
    await expect(page.getByRole('searchbox')).toHaveCount(0);
    await expect(page).not.toHaveURL(/made-up/);
  });
});
