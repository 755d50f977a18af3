import fs from 'node:fs';
import path from 'node:path';
import { expect, Page } from '@playwright/test';
import { TemplateProject } from '../platform/TemplateProject';
import { keepScreenshot } from './keepScreenshot';
import { expectAccessible } from './expectAccessible';

/** What is in Git is changed there: the deployment's page proposes it, and git takes that. */
export async function proposeChange(
  page: Page,
  of: {
    name: string;
    project: TemplateProject;
    /** The file, which holds `max: 0.05` once. */
    declaration: string;
  },
): Promise<void> {
  const { name, project, declaration } = of;
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const document = dialog.getByRole('textbox', { name: 'Deployment' });
  const inGit = fs.readFileSync(declaration, 'utf8');
  await expect(document).toHaveValue(inGit);
  // Longer than what is seen of it: its lines and their numbers move together.
  expect(
    await document.evaluate(shown => shown.scrollHeight - shown.clientHeight),
  ).toBeLessThanOrEqual(0);
  await document.fill(inGit.replace('max: 0.05', 'max: 0.5'));
  const proposed = dialog.getByRole('region', { name: 'Proposed change' });
  await expect(proposed.locator('del')).toHaveText(/^- .*max: 0.05$/);
  await expect(proposed.locator('ins')).toHaveText(/^\+ .*max: 0.5$/);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await proposed.getByRole('button', { name: 'Copy the patch' }).click();
  await dialog.getByRole('button', { name: 'See what would happen' }).click();
  await expect(
    dialog.getByRole('region', { name: 'What would happen' }),
  ).toContainText('would be changed');
  await proposed.scrollIntoViewIfNeeded();
  await keepScreenshot(page, `${name}-change-proposed`);
  await expectAccessible(page, `${name}-change-proposed`, '[role="dialog"]');
  fs.writeFileSync(
    path.join(project.folder, 'change.patch'),
    await page.evaluate(() => navigator.clipboard.readText()),
  );
  await project.shell('git apply change.patch');
  expect(fs.readFileSync(declaration, 'utf8')).toBe(
    inGit.replace('max: 0.05', 'max: 0.5'),
  );
  await project.shell('git checkout -q -- .');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
}
