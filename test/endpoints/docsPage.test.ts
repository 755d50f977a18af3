import { expect, test } from '@playwright/test';
import { keepScreenshot } from '../portal/keepScreenshot';
import { ServedModel, serveModel } from './serveModel';
import { typesFolder } from './typesFolder';

test.describe.serial('the docs page of an endpoint', () => {
  let served: ServedModel;

  test.beforeAll(async () => {
    const name = `types-docs-${Date.now().toString(36)}`;
    served = await serveModel(name, typesFolder(name, 'node'));
  });

  test('asks for a token, and says what is wrong with one', async ({
    page,
  }) => {
    await page.goto(`${served.url}/docs`);
    await page.getByLabel('Endpoint token').fill('mpe_wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await expect(page.locator('#description')).toContainText('not known');
    await expect(page.locator('#try')).toBeHidden();
  });

  test('tries it out with every type, names wrong fields, and gives clients', async ({
    page,
  }) => {
    const errors: string[] = [];
    page.on('console', message => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', error => errors.push(String(error)));
    await page.goto(`${served.url}/docs`);
    await page.getByLabel('Endpoint token').fill(served.token);
    await page.getByRole('button', { name: 'Open' }).click();
    const answer = page.getByRole('region', { name: 'Answer' });
    const output = page.getByRole('row', { name: /^day_out / });
    await expect(output.getByRole('cell').first()).toHaveText('date');

    await page.getByLabel(/^day /).fill('2024-02-29');
    await page.getByLabel(/^picture/).setInputFiles({
      name: 'picture.png',
      mimeType: 'image/png',
      buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47]),
    });
    await page.getByLabel(/^unit/).selectOption('cm');
    await page.getByRole('button', { name: 'Predict' }).click();
    await expect(page.locator('#status')).toContainText('200 after');
    await expect(answer).toContainText('"day_out": "2024-02-29"');
    await expect(answer).toContainText('"picture_out": "iVBORw=="');
    await expect(answer).toContainText('"unit_out": "cm"');
    await keepScreenshot(page, 'docs-answer');

    await page.getByLabel(/^moment/).fill('noon');
    await page.getByLabel(/^grid/).fill('[[1, 2], [3, -9]]');
    await page.getByRole('button', { name: 'Predict' }).click();
    await expect(page.locator('#status')).toContainText('400 after');
    await expect(page.getByLabel(/^moment/)).toHaveAccessibleDescription(
      /must be a date and time with its zone.*, not other text/,
    );
    await expect(page.getByLabel(/^grid/)).toHaveAccessibleDescription(
      '[1][1] must be at least -8',
    );
    await expect(page.getByLabel(/^day /)).toHaveAccessibleDescription('');
    await keepScreenshot(page, 'docs-refused');

    await expect(page.getByRole('region', { name: 'curl' })).toContainText(
      '"picture":"iVBORw=="',
    );
    await page.getByText('Typed client in TypeScript').click();
    await expect(
      page.getByRole('region', { name: 'Typed client in TypeScript' }),
    ).toContainText('export interface Inputs');
    // Chromium writes an answer of 400 to the console.
    expect(errors.filter(text => !/status of 400/.test(text))).toEqual([]);
  });
});
