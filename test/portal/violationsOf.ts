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

/** What is on its way arrives now: colours in between are nobody's. What moves for ever, or with a scroll bar, goes on. */
async function arrive(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      const end = animation.effect?.getComputedTiming().endTime;
      if (typeof end === 'number' && Number.isFinite(end)) animation.finish();
    }
  });
}

/** Serious and critical violations, each with the elements it is about; of the whole page, or of a part of it. */
export async function violationsOf(
  page: Page,
  part = 'html',
): Promise<string[]> {
  await arrive(page);
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
