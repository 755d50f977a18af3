import { expect, Page } from '@playwright/test';
import { Platform } from '../platform/Platform';

/** Opens the address that `npm start` printed and chooses a person; ends on the models. */
export async function signInAs(
  page: Page,
  platform: Platform,
  person: string,
): Promise<void> {
  await page.goto(platform.quickstart.signInUrl);
  const name = person.charAt(0).toUpperCase() + person.slice(1);
  await page
    .getByRole('button', { name: `Sign in as ${name}`, exact: true })
    .click();
  await expect(page).toHaveURL(/\/model-platform\/models/);
  await expect(
    page.getByRole('searchbox', { name: 'Search models' }),
  ).toBeVisible();
}
