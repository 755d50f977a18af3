import AxeBuilder from '@axe-core/playwright';
import { Page } from '@playwright/test';

/**
 * What Backstage's own parts do, which nothing of ours can keep them from: tabs
 * of its header name a panel that it does not have, once one of them is
 * selected; its link to notifications does not say how many there are.
 */
const isBackstages = (rule: string, html: string) =>
  (rule === 'aria-valid-attr-value' && /class="bui-Tab /.test(html)) ||
  (rule === 'label-content-name-mismatch' &&
    /^<a [^>]*href="\/notifications"/.test(html));

/** Until nothing moves any more: colours on their way are nobody's. What moves for ever is left out. */
async function atRest(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ effect, playState }) =>
          playState !== 'running' ||
          effect?.getComputedTiming().endTime === Infinity,
      ),
  );
}

/** Serious and critical violations, each with the elements it is about; of the whole page, or of a part of it. */
export async function violationsOf(
  page: Page,
  part = 'html',
): Promise<string[]> {
  await atRest(page);
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(violation => ({
      ...violation,
      nodes: violation.nodes.filter(
        ({ html }) => !isBackstages(violation.id, html),
      ),
    }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .map(({ target, html }) => `${target.join(' ')} ${html}`)
          .join('; ')}`,
    );
}
