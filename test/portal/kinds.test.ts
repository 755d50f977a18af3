import { expect } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';
import { callsInTable, showCallsTable } from './callsInTable';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';

/** An example of each kind: what a call sends where nobody changes the form, a part of what comes back, and what is counted beside the call. */
const kinds: Array<{
  name: string;
  sends: string;
  answers: string;
  collected?: string;
  live?: string;
}> = [
  { name: 'iris', sends: '"petal_width":0.2', answers: '"species": "setosa"' },
  {
    name: 'disease-progression',
    sends: '"bmi":32.1',
    answers: '"follow_up": true',
    collected: 'suggestions_made_total',
  },
  {
    name: 'watering-plan',
    sends: '"growth":"full"',
    answers: '"water": 63.4',
    collected: 'suggestions_made_total',
    live: 'litres_suggested_sum',
  },
  {
    name: 'plant-doctor',
    sends: '"indoor":true',
    answers: 'Place: indoors\\nWatered every 10 days.',
  },
  {
    name: 'ward-staffing',
    sends: '"night_cost":310',
    answers: '"status": "optimal"',
    collected: 'model_runner_solves_total',
    live: 'status=optimal',
  },
  {
    name: 'planting-advice',
    sends: '"sheltered":false',
    answers: '"decision": "needed_rating"',
  },
];

test.describe('each kind of model on its pages', () => {
  let platform: Platform;
  const at = (name: string, tab: string) =>
    `${platform.quickstart.portalUrl}/catalog/default/model/${name}/${tab}`;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  for (const { name, sends, answers } of kinds) {
    test(`${name}: its form and its docs page`, async ({ page }) => {
      const endpoint = platform.quickstart.endpoints.find(
        one => one.name === name,
      )!;
      const { signature } = await (
        await platform.api(`v1/models/${name}/versions/1`)
      ).json();
      await signInAs(page, platform, 'pat');
      await page.goto(at(name, 'use'));
      await expect(page.getByRole('main')).toContainText(sends);
      const fields = page.getByRole('region', {
        name: '4. What goes in and comes out',
      });
      for (const field of [...signature.inputs, ...signature.outputs])
        await expect(
          fields
            .getByRole('rowheader', { name: field.name, exact: true })
            .first(),
        ).toBeVisible();
      await keepScreenshot(page, `kind-${name}-use`);

      await page.goto(`${endpoint.url}/docs`);
      await page.getByLabel('Endpoint token').fill(endpoint.token);
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByRole('button', { name: 'Predict' }).click();
      await expect(page.locator('#status')).toContainText('200 after');
      await expect(page.getByRole('region', { name: 'Answer' })).toContainText(
        answers,
      );
      for (const { name: output } of signature.outputs)
        await expect(
          page.getByRole('rowheader', { name: output, exact: true }),
        ).toBeVisible();
      await keepScreenshot(page, `kind-${name}-docs`);
    });
  }

  // After all were called: metrics are gathered for all of them at once.
  for (const { name, collected, live } of kinds) {
    test(`${name}: its metrics and its log`, async ({ page }) => {
      await signInAs(page, platform, 'pat');
      await page.goto(at(name, 'metrics?range=1h'));
      await showCallsTable(page);
      await expect
        .poll(async () => await callsInTable(page), { timeout: 120_000 })
        .toBeGreaterThan(0);
      await expect(page.getByRole('main')).toContainText(
        `Version 1 (${name}, main)`,
      );
      if (collected)
        await expect(
          page.getByRole('figure', {
            name: new RegExp(`^${collected} per `),
          }),
        ).toBeVisible();
      if (live)
        await expect(
          page.getByRole('table', { name: 'Metrics, live' }),
        ).toContainText(live);
      await keepScreenshot(page, `kind-${name}-metrics`);

      await page.goto(at(name, 'logs'));
      await expect(page.getByRole('log')).toContainText(/INFO\s+ready/);
      await keepScreenshot(page, `kind-${name}-logs`);
    });
  }
});
