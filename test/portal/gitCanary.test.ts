import fs from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { parseDocument } from 'yaml';
import { Load } from '../faults/Load';
import { eventually } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';
import { TemplateProject } from '../platform/TemplateProject';
import { keepScreenshot } from './keepScreenshot';
import { portalTest as test } from './portalTest';
import { signInAs } from './signInAs';
import { violationsOf } from './violationsOf';

const NAME = 'watched-from-git';

const good = (mark: string) => `// ${mark}
export const predict = async (model, inputs) => (await model.predict([inputs]))[0];
`;

/** The example is answered when it is loaded; what comes then is not. */
const bad = `let calls = 0;
export const predict = async (model, inputs) => {
  calls += 1;
  if (calls > 5) throw new Error('broken');
  return (await model.predict([inputs]))[0];
};
`;

test('a file in Git is changed: a good version goes through its canary, a bad one is rolled back by itself, under load, watched on the page', async ({
  page,
}) => {
  test.setTimeout(900_000);
  const platform = sharedPlatform();
  const project = await TemplateProject.begin(platform, NAME);
  await project.clone(path.join(platform.dataDir, 'git', `${NAME}.git`));
  const model = modelFolder(NAME, made => {
    delete made.files;
    made.endpoint = 'endpoint.mjs';
  });
  const declaration = path.join(project.folder, 'model-deployment.yaml');
  // Its comments stay.
  const declared = parseDocument(fs.readFileSync(declaration, 'utf8'));
  /** Publishes, and says in the repository's file that this version shall serve. */
  const release = async (code: string) => {
    fs.writeFileSync(path.join(model, 'endpoint.mjs'), code);
    const published = await platform.cli(['publish', model, '--json']);
    expect(published.code, published.stderr).toBe(0);
    const { version } = JSON.parse(published.stdout);
    declared.setIn(
      ['spec', 'strategy'],
      declared.createNode({
        type: 'canary',
        steps: [
          { weight: 20, pause: '3s' },
          { weight: 50, pause: '3s' },
        ],
        analysis: {
          minCalls: 20,
          metrics: [
            { metric: 'error_ratio', max: 0.05 },
            { metric: 'latency', max: 10 },
          ],
        },
      }),
    );
    declared.deleteIn(['spec', 'triggers']);
    declared.setIn(
      ['spec', 'variants'],
      declared.createNode([
        { name: 'main', version: { number: version }, weight: 100 },
      ]),
    );
    fs.writeFileSync(declaration, String(declared));
    await project.shell(
      `git commit -qam "Serve version ${version}" && git push -q origin HEAD:main`,
    );
  };

  await release(good('one'));
  await eventually(
    'the first version serves',
    async () =>
      (await (await platform.api(`v1/deployments/${NAME}`)).json()).phase ===
      'Ready',
    240_000,
  );
  const made = await platform.api(`v1/endpoints/${NAME}/tokens`, {
    method: 'POST',
    token: await platform.signIn('mira'),
    body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
  });
  expect(made.status).toBe(201);
  const { token } = await made.json();
  const url = `${platform.quickstart.gatewayUrl}/${NAME}`;
  await eventually('the token is known', async () => {
    const response = await fetch(`${url}/v2/models/${NAME}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return response.status === 200;
  });
  const load = Load.start(platform, { name: NAME, url, token }, 40);

  await signInAs(page, platform, 'mira');
  await page.goto(
    `${platform.quickstart.portalUrl}/catalog/default/model/${NAME}/deployments`,
  );
  const happened = page.getByRole('list', { name: `What happened to ${NAME}` });
  const canary = page.getByRole('region', { name: `Canary of ${NAME}` });
  const appears = async (where: typeof canary, text: string | RegExp) =>
    await expect(where).toContainText(text, { timeout: 240_000 });

  await release(good('two'));
  await appears(canary, /Step \d of 2/);
  await keepScreenshot(page, 'git-canary-progressing');
  await appears(happened, 'Revision 2 has all traffic');
  await keepScreenshot(page, 'git-canary-promoted');

  await release(bad);
  await appears(happened, 'Canary of revision 3 rolled back to revision 2');
  await appears(happened, /error ratio [\d.]+ % of \d+ calls, bound 5 %/);
  await expect(
    page.getByText('version 3 is asked for, serving 2'),
  ).toBeVisible();
  await keepScreenshot(page, 'git-canary-rolled-back');

  // What is in Git is changed there: the page proposes it, and git takes that.
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
  await keepScreenshot(page, 'git-change-proposed');
  expect(await violationsOf(page, '[role="dialog"]')).toEqual([]);
  fs.writeFileSync(
    path.join(project.folder, 'change.patch'),
    await page.evaluate(() => navigator.clipboard.readText()),
  );
  await project.shell('git apply change.patch');
  expect(fs.readFileSync(declaration, 'utf8')).toBe(
    inGit.replace('max: 0.05', 'max: 0.5'),
  );

  await load.stop();
  expect(load.failed.filter(({ version }) => version !== '3')).toEqual([]);
  expect(load.failed.length).toBeGreaterThan(0);
  expect(load.answered.get('2')).toBeGreaterThan(20);
  project.dispose();
  fs.rmSync(model, { recursive: true, force: true });
});
