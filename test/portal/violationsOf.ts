import AxeBuilder from '@axe-core/playwright';
import { Page } from '@playwright/test';

/** Serious and critical violations, each with the elements it is about; of the whole page, or of a part of it. */
export async function violationsOf(
  page: Page,
  part = 'html',
): Promise<string[]> {
  // Tabs name the panel that they would have until they have looked for it; one that is named for good is found below.
  await page
    .waitForFunction(
      () =>
        [...document.querySelectorAll('[role=tab][aria-controls]')].every(tab =>
          document.getElementById(tab.getAttribute('aria-controls')!),
        ),
      undefined,
      { timeout: 5_000 },
    )
    .catch(() => undefined);
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .map(({ target, html }) => `${target.join(' ')} ${html}`)
          .join('; ')}`,
    );
}
