import { Page } from '@playwright/test';

/** Drags a folder of this machine over the page's drop zone and lets go, as a file manager does. */
export async function dropFolder(page: Page, folder: string): Promise<void> {
  const zone = page.getByTestId('folder-drop');
  await zone.scrollIntoViewIfNeeded();
  const box = await zone.boundingBox();
  if (!box) throw new Error('There is nowhere to drop a folder');
  const at = { x: box.x + box.width / 2, y: box.y + 10 };
  const devtools = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', {
      type,
      ...at,
      data: { items: [], files: [folder], dragOperationsMask: 1 },
    });
  }
  await devtools.detach();
}
