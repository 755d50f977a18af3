import path from 'node:path';
import { Page } from '@playwright/test';
import { root } from '../platform/Platform';

/** A picture of the page as it is, kept with the results of the run. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({
    path: path.join(
      root,
      'test-results',
      'portal',
      'screenshots',
      `${name}.png`,
    ),
    animations: 'disabled',
  });
}
