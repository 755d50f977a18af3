import AxeBuilder from '@axe-core/playwright';
import { Page } from '@playwright/test';

/** Serious and critical violations, each with the elements it is about. */
export async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .map(({ target, html }) => `${target.join(' ')} ${html}`)
          .join('; ')}`,
    );
}
