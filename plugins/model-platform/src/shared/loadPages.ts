import { Page } from '@model-platform/plugin-model-platform-common';

/** Most that a page holds. */
const MAX_PAGE = 200;

/** As many pages of a list as hold so many items, for a page that shows more on request. */
export async function loadPages<T>(
  atLeast: number,
  load: (page: { cursor?: string; limit: number }) => Promise<Page<T>>,
): Promise<{ items: T[]; hasMore: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await load({
      cursor,
      limit: Math.min(atLeast - items.length, MAX_PAGE),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor && items.length < atLeast);
  return { items, hasMore: cursor !== undefined };
}
