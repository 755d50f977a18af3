import { expect, Page } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';
import { expectAccessible } from './expectAccessible';

/** Where a page is, and what tells that it shows what it is for. */
const pages: Array<{ name: string; path: string; shows: string | RegExp }> = [
  { name: 'models', path: '/model-platform/models', shows: 'iris' },
  { name: 'kpis', path: '/model-platform/kpis', shows: /Calls by theme/ },
  {
    name: 'deployments',
    path: '/model-platform/deployments',
    shows: 'Serving',
  },
  {
    name: 'publish',
    path: '/model-platform/publish',
    shows: 'data.personalData',
  },
  {
    name: 'approvals',
    path: '/model-platform/approvals',
    shows: 'Nothing waits for you',
  },
  {
    name: 'webhook-new',
    path: '/model-platform/webhooks?webhook=new',
    shows: 'model version alias created',
  },
  {
    name: 'model-overview',
    path: '/catalog/default/model/iris',
    shows: 'Latency, 95 % within',
  },
  {
    name: 'model-versions',
    path: '/catalog/default/model/iris/versions',
    shows: 'Inputs and outputs',
  },
  {
    name: 'model-deployments',
    path: '/catalog/default/model/iris/deployments',
    shows: 'Revision 1',
  },
  {
    name: 'model-use-it',
    path: '/catalog/default/model/iris/use',
    shows: 'sepal_length (cm)',
  },
  {
    name: 'model-metrics',
    path: '/catalog/default/model/iris/metrics?range=1h',
    shows: 'Calls per minute',
  },
  {
    name: 'model-logs',
    path: '/catalog/default/model/iris/logs',
    shows: /of the last \d+ lines/,
  },
  {
    name: 'model-governance',
    path: '/catalog/default/model/iris/governance',
    shows: 'What served at',
  },
];

/** Opens a page in light and in dark colours, waits for what it shows, keeps a picture, and asks axe. */
async function inBothColours(
  page: Page,
  name: string,
  open: () => Promise<void>,
) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await open();
    await keepScreenshot(page, `${name}-${colorScheme}`);
    await expectAccessible(page, `${name}, ${colorScheme}`);
  }
}

test.describe('axe finds nothing serious, light and dark', () => {
  let platform: Platform;
  test.use({ viewport: { width: 1400, height: 900 } });

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test('sign-in', async ({ page }) => {
    for (const [name, address, shows] of [
      ['sign-in', platform.quickstart.signInUrl, 'Sign in as Mira'],
      ['sign-in-without-key', platform.quickstart.portalUrl, 'no sign-in key'],
    ]) {
      await page.evaluate(() => {
        if (location.protocol.startsWith('http')) localStorage.clear();
      });
      await inBothColours(page, name, async () => {
        await page.goto(address);
        await expect(page.getByText(shows).first()).toBeVisible();
      });
    }
  });

  for (const { name, path, shows } of pages) {
    test(name, async ({ page }) => {
      await platform.predict('iris');
      await signInAs(page, platform, 'mira');
      const main = page.getByRole('main');
      await inBothColours(page, name, async () => {
        await page.goto(`${platform.quickstart.portalUrl}${path}`);
        await expect(main.getByText(shows).first()).toBeVisible();
        await expect(main.getByLabel(/^Loading/)).toHaveCount(0);
      });
    });
  }
});

test('the keyboard alone finds, narrows and opens a model', async ({
  page,
}) => {
  const platform = sharedPlatform();
  await signInAs(page, platform, 'mira');
  const tabTo = async (what: string, isThere: () => Promise<boolean>) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      if (await isThere()) return;
    }
    throw new Error(`60 presses of Tab do not reach ${what}`);
  };
  const search = page.getByRole('searchbox', { name: 'Search models' });
  await tabTo('the search', async () =>
    search.evaluate(element => element === document.activeElement),
  );
  await page.keyboard.type('iris');
  await expect(page).toHaveURL(/[?&]q=iris/);
  const theme = page
    .getByRole('group', { name: 'Theme' })
    .getByRole('checkbox', { name: /^species-recognition/ });
  await tabTo('the facet', async () =>
    theme.evaluate(element => element === document.activeElement),
  );
  await page.keyboard.press('Space');
  await expect(page).toHaveURL(/[?&]theme=species-recognition/);
  // Who stands in a row that is about to go stands nowhere afterwards.
  await expect(page.getByText('1 model', { exact: true })).toBeVisible();
  const link = page
    .getByRole('rowheader', { name: /^iris\b/ })
    .getByRole('link', { name: 'iris', exact: true });
  await tabTo('the table', async () =>
    page
      .getByRole('main')
      .getByRole('grid')
      .filter({ has: page.getByRole('columnheader') })
      .evaluate(grid => grid.contains(document.activeElement)),
  );
  // In a grid arrows move: rows first, then what is in them.
  for (let presses = 0; presses < 40; presses += 1) {
    if (await link.evaluate(element => element === document.activeElement))
      break;
    const isInRow = await link.evaluate(element =>
      Boolean(
        document.activeElement &&
          element.closest('[role=row]')?.contains(document.activeElement),
      ),
    );
    await page.keyboard.press(isInRow ? 'ArrowRight' : 'ArrowDown');
  }
  await expect(link).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog\/default\/model\/iris$/);
});
