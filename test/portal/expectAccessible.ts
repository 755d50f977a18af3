import AxeBuilder from '@axe-core/playwright';
import { expect, Page } from '@playwright/test';

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

/** Serious and critical violations, each with the elements it is about. */
async function violationsOf(page: Page, part: string): Promise<string[]> {
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

/**
 * Axe finds nothing serious on the page, or in a part of it, as it stands once
 * everything is there: what Backstage's own cards show while they load (a
 * wheel without a name) goes by.
 */
export async function expectAccessible(
  page: Page,
  name: string,
  part = 'html',
): Promise<void> {
  await expect(async () => {
    expect(await violationsOf(page, part), name).toEqual([]);
  }).toPass({ timeout: 60_000, intervals: [1_000] });
}
