import { expect } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';

/** Backstage's own lists name a link by its tooltip, so the address finds it. */
const MODEL_LINK = 'a[href="/catalog/default/model/iris"]';

test.describe('the ways to a model that Backstage itself offers', () => {
  let platform: Platform;
  const at = (path: string) => `${platform.quickstart.portalUrl}${path}`;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test.beforeEach(async ({ page }) => {
    await signInAs(page, platform, 'mira');
  });

  test('search, by a word of its method', async ({ page }) => {
    // The index follows the registry; the page asks it once.
    await expect(async () => {
      await page.goto(at('/search?query=multinomial'));
      await expect(page.locator(MODEL_LINK)).toBeVisible({ timeout: 30_000 });
    }).toPass({ timeout: 180_000 });
    await page.locator(MODEL_LINK).click();
    await expect(page).toHaveURL(/\/catalog\/default\/model\/iris$/);
  });

  test('the catalog, by kind', async ({ page }) => {
    await page.goto(at('/catalog?filters[kind]=model&filters[user]=all'));
    await expect(page.locator(MODEL_LINK)).toBeVisible();
    await keepScreenshot(page, 'catalog');
    await page.locator(MODEL_LINK).click();
    await expect(
      page.getByRole('region', { name: 'What it is for' }),
    ).toContainText('Suggest the species');
  });

  test('the API that it provides, with the way to call it', async ({
    page,
  }) => {
    await page.goto(at('/catalog/default/api/iris'));
    await expect(
      page.getByRole('region', { name: 'The call in curl' }),
    ).toContainText(`${platform.quickstart.endpoints[0].url}/predict`);
    await keepScreenshot(page, 'api');
  });

  test('an address that leads nowhere says so', async ({ page }) => {
    await page.goto(at('/no-such-page'));
    await expect(page.getByText(/404|not found/i).first()).toBeVisible();
    await keepScreenshot(page, 'no-such-page');
  });
});
