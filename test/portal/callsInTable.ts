import { expect, Page } from '@playwright/test';

/** All calls in the table behind the chart of calls; 0 where there is no chart yet. */
export async function callsInTable(page: Page): Promise<number> {
  const table = page.getByRole('table', { name: /^Calls per / });
  let sum = 0;
  for (const row of await table.getByRole('row').all()) {
    const [calls] = await row.getByRole('cell').all();
    if (calls) sum += Number((await calls.innerText()).replace('–', '0'));
  }
  return sum;
}

/** Opens the table behind the chart of calls. */
export async function showCallsTable(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Show table: Calls per / }).click();
  await expect(page.getByRole('table', { name: /^Calls per / })).toBeVisible();
}
