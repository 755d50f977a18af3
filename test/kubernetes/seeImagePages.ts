import { expect, Page } from '@playwright/test';
import { Platform } from '../platform/Platform';
import { keepScreenshot } from '../portal/keepScreenshot';
import { signInAs } from '../portal/signInAs';
import { ConsoleWatch } from '../portal/watchConsole';

/** A value that no log may have. */
const MARKED = '5.987654';

/**
 * What a person sees of a model that is an image of its own and serves on pods: what it is, how it is called, tried
 * out through the cluster's Gateway, its figures, and its log, which has no values of calls.
 */
export async function seeImagePages(
  page: Page,
  watch: ConsoleWatch,
  platform: Platform,
  { name, reference }: { name: string; reference: string },
): Promise<void> {
  const open = async (tab: string) => {
    await page.goto(
      `${platform.quickstart.portalUrl}/catalog/default/model/${name}${tab}`,
    );
  };
  const region = (title: string) =>
    page.getByRole('region', { name: title, exact: true });
  const keep = async (what: string) =>
    await keepScreenshot(page, `${name}-${what}`);
  /** Also after something was focused at the end of a row. */
  const nothingIsCutOff = async () =>
    await expect
      .poll(() =>
        page
          .getByRole('main')
          .getByRole('region')
          .evaluateAll(regions =>
            regions
              .filter(
                ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
              )
              .map(({ textContent }) => textContent),
          ),
      )
      .toEqual([]);
  const { url } = await (await platform.api(`v1/endpoints/${name}`)).json();

  await signInAs(page, platform, 'mira');
  await open('');
  await expect(region('What it is for')).toContainText(
    'Suggest the species of an iris',
  );
  await expect(region('In service')).toContainText('Serving');
  await expect(region('In service')).toContainText(url);
  await nothingIsCutOff();
  await keep('overview');

  await open('/versions');
  await expect(region('Version 1')).toContainText(
    `image ${reference}, port 9000`,
  );
  await expect(region('Inputs and outputs')).toContainText('petal_length');
  // What it is beside is nothing to those who read what it is.
  await expect(page.getByRole('main').getByRole('grid')).not.toContainText(
    'node',
  );
  await nothingIsCutOff();
  await keep('version');

  await open('/deployments');
  await expect(region(name)).toContainText('Serving');
  await expect(region(name)).toContainText('pods');
  await nothingIsCutOff();
  await keep('deployment');

  await open('/use');
  await expect(region('The call in curl')).toContainText(`${url}/predict`);
  await page
    .getByRole('combobox', { name: 'Application' })
    .fill('component:default/plant-guide');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Get a token', exact: true }).click();
  const shown = region('The new token');
  await expect(shown).toContainText(/mpe_\w+/);
  const [token] = /mpe_[\w-]+/.exec(await shown.innerText())!;
  await nothingIsCutOff();
  await keep('use');

  // Through the Gateway of the cluster, as the page's link leads there.
  watch.expect({ status: 401, url: /openapi\.json$/ });
  watch.expect({ status: 400, url: /predict$/ });
  await page.goto(`${url}/docs`);
  await expect(async () => {
    await page.getByLabel('Endpoint token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await expect(page.getByRole('button', { name: 'Predict' })).toBeVisible({
      timeout: 1_000,
    });
  }).toPass();
  await page.getByLabel(/^petal_length/).fill(MARKED);
  await page.getByLabel(/^petal_width/).fill('2.5');
  await page.getByRole('button', { name: 'Predict' }).click();
  await expect(page.locator('#status')).toContainText('200 after');
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText(
    '"species": "virginica"',
  );
  await keep('docs');
  await page.getByLabel(/^petal_width/).fill('wide');
  await page.getByRole('button', { name: 'Predict' }).click();
  await expect(page.locator('#status')).toContainText('400 after');
  await expect(page.getByLabel(/^petal_width/)).toHaveAccessibleDescription(
    /must be a number/,
  );
  await keep('docs-refused');

  await open('/metrics?range=1h');
  await expect(page.getByRole('figure', { name: /^Calls per / })).toBeVisible();
  await expect(page.getByRole('main')).toContainText(
    `Version 1 (${name}, main)`,
  );
  await expect(page.getByRole('main')).toContainText('plant-guide');
  await expect(region('Business metrics')).toContainText(
    'what its container counts is not collected',
  );
  const axis = page
    .getByRole('figure', { name: /^Calls per / })
    .locator('.recharts-yAxis-tick-labels .recharts-cartesian-axis-tick-value');
  await expect(axis.first()).toBeVisible();
  await expect
    .poll(async () => {
      const marks = await axis.allTextContents();
      return marks.filter((mark, index) => marks.indexOf(mark) !== index);
    })
    .toEqual([]);
  await nothingIsCutOff();
  await keep('metrics');

  await open('/logs');
  await expect(page.getByRole('log')).toContainText(
    /refused request \S+ .*code=400/,
  );
  await expect(page.getByRole('main')).toContainText(
    'kubectl logs POD -c model',
  );
  await expect(page.getByRole('log')).not.toContainText(MARKED);
  await nothingIsCutOff();
  await keep('logs');
}
