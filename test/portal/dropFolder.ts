import { expect, Page } from '@playwright/test';

/** Drags a folder of this machine over the page's drop zone and lets go, as a file manager does. */
export async function dropFolder(page: Page, folder: string): Promise<void> {
  const zone = page.getByTestId('folder-drop');
  await zone.scrollIntoViewIfNeeded();
  const devtools = await page.context().newCDPSession(page);
  const drag = async (
    type: 'dragEnter' | 'dragOver' | 'drop',
    at: { x: number; y: number },
  ) =>
    await devtools.send('Input.dispatchDragEvent', {
      type,
      ...at,
      data: { items: [], files: [folder], dragOperationsMask: 1 },
    });
  // A page that still comes together moves the zone away from under the pointer.
  await expect(async () => {
    const box = await zone.boundingBox();
    if (!box) throw new Error('There is nowhere to drop a folder');
    const at = { x: box.x + box.width / 2, y: box.y + 10 };
    await drag('dragEnter', at);
    await drag('dragOver', at);
    await expect(zone).toHaveAttribute('style', /background/, {
      timeout: 5_000,
    });
    await drag('drop', at);
  }).toPass();
  await devtools.detach();
}
