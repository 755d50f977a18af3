import path from 'node:path';
import { Page, test } from '@playwright/test';

/** A picture of the page as it is, kept with the results of the run. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({
    path: path.join(
      test.info().project.outputDir,
      'screenshots',
      `${name}.png`,
    ),
    animations: 'disabled',
  });
}
