import fs from 'node:fs';
import path from 'node:path';
import { expect, Locator, Page } from '@playwright/test';
import { parseDocument } from 'yaml';
import { Load } from '../faults/Load';
import { eventually, Platform } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';
import { TemplateProject } from '../platform/TemplateProject';
import { catalogHas } from './catalogHas';
import { keepScreenshot } from './keepScreenshot';
import { proposeChange } from './proposeChange';
import { signInAs } from './signInAs';

/** Pods on a busy machine. */
const PATIENCE_MS = 240_000;

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

/**
 * The deployment's file in Git is changed, and its page, never loaded again, shows what becomes of it under constant
 * load: a good version goes through its canary, a bad one is rolled back by itself, and a person goes back to the
 * first. No call fails but those that the bad version fails.
 *
 * @param page - nobody is signed in yet
 * @param of - `perSecond` calls, and how many of them a step takes to be judged by
 */
export async function watchGitCanary(
  page: Page,
  platform: Platform,
  of: {
    name: string;
    environment: string;
    /** Of `model.yaml`. */
    resources?: object;
    perSecond: number;
    minCalls: number;
  },
): Promise<void> {
  const { name, environment, resources, perSecond, minCalls } = of;
  const project = await TemplateProject.begin(platform, name);
  await project.clone(path.join(platform.dataDir, 'git', `${name}.git`));
  const model = modelFolder(name, made => {
    delete made.files;
    made.endpoint = 'endpoint.mjs';
    if (resources) made.resources = resources;
  });
  const declaration = path.join(project.folder, 'model-deployment.yaml');
  // Its comments stay.
  const declared = parseDocument(fs.readFileSync(declaration, 'utf8'));
  const declare = (field: string, value: unknown) =>
    declared.setIn(['spec', field], declared.createNode(value));
  declare('environment', environment);
  declare('strategy', {
    type: 'canary',
    steps: [
      // The page is to show it: it may have to ask for it anew, which it does every few seconds.
      { weight: 20, pause: '8s' },
      { weight: 50, pause: '3s' },
    ],
    analysis: {
      minCalls,
      metrics: [
        { metric: 'error_ratio', max: 0.05 },
        { metric: 'latency', max: 10 },
      ],
    },
  });
  declared.deleteIn(['spec', 'triggers']);
  /** Publishes, and says in the repository's file that this version shall serve. */
  const release = async (code: string) => {
    fs.writeFileSync(path.join(model, 'endpoint.mjs'), code);
    const published = await platform.cli(['publish', model, '--json']);
    expect(published.code, published.stderr).toBe(0);
    const { version } = JSON.parse(published.stdout);
    declare('variants', [
      { name: 'main', version: { number: version }, weight: 100 },
    ]);
    fs.writeFileSync(declaration, String(declared));
    await project.shell(
      `git commit -qam "Serve version ${version}" && git push -q origin HEAD:main`,
    );
  };

  await release(good('one'));
  // What the template declared may have been applied before: until this is, it follows what is published.
  const first: number = await eventually(
    'the first version serves as it is declared now',
    async () => {
      const found = await platform.api(`v1/deployments/${name}`);
      const { phase, spec, revision } = await found.json();
      return (
        phase === 'Ready' && spec.strategy?.type === 'canary' && revision.number
      );
    },
    PATIENCE_MS,
  );
  await catalogHas(platform, name);
  await signInAs(page, platform, 'mira');
  await page.goto(
    `${platform.quickstart.portalUrl}/catalog/default/model/${name}/deployments`,
  );
  const deployment = page.getByRole('region', { name, exact: true });
  const happened = page.getByRole('list', { name: `What happened to ${name}` });
  const canary = page.getByRole('region', { name: `Canary of ${name}` });
  const appears = async (where: Locator, text: string | RegExp) =>
    await expect(where).toContainText(text, { timeout: PATIENCE_MS });
  await appears(happened, `Revision ${first} has all traffic`);
  await appears(deployment, 'Serving');
  await keepScreenshot(page, `${name}-first`);

  const made = await platform.api(`v1/endpoints/${name}/tokens`, {
    method: 'POST',
    token: await platform.signIn('mira'),
    body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
  });
  expect(made.status).toBe(201);
  const { token } = await made.json();
  const { url } = await (await platform.api(`v1/endpoints/${name}`)).json();
  await eventually(
    'the token is known',
    async () => {
      const response = await fetch(`${url}/v2/models/${name}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (response.status !== 200)
        throw new Error(`${response.status} ${await response.text()}`);
      return true;
    },
    PATIENCE_MS,
  );
  const load = Load.start(platform, { name, url, token }, perSecond);

  await release(good('two'));
  await appears(canary, /Step \d of 2/);
  // Of what serves; the canary's own are not missing there.
  await expect(deployment).toContainText(/Replicas\s*1 of 1/);
  await keepScreenshot(page, `${name}-progressing`);
  await appears(happened, `Revision ${first + 1} has all traffic`);
  await appears(happened, /Step 1 passed: error ratio 0 % of \d+ calls/);
  await expect(happened).toContainText(
    `by model-platform-git:${name}@main/model-deployment.yaml`,
  );
  // Whoever declares it is where.
  await expect(happened).not.toContainText('Declared in');
  await keepScreenshot(page, `${name}-promoted`);

  await release(bad);
  await appears(
    happened,
    `Canary of revision ${first + 2} rolled back to revision ${first + 1}`,
  );
  await appears(happened, /error ratio [\d.]+ % of \d+ calls, bound 5 %/);
  await expect(
    page.getByText('version 3 is asked for, serving 2'),
  ).toBeVisible();
  await keepScreenshot(page, `${name}-rolled-back`);
  await proposeChange(page, { name, project, declaration });

  await page
    .getByRole('listitem')
    .filter({ hasText: `Revision ${first}v1` })
    .getByRole('button', { name: 'Roll back to this' })
    .click();
  const dialog = page.getByRole('dialog', {
    name: `Roll ${name} back to revision ${first}?`,
  });
  await expect(dialog).toContainText('All calls go to v1');
  // It comes a little later, and its buttons move.
  await expect(dialog).toContainText('calls in the last hour');
  await dialog.getByRole('textbox', { name: /Reason/ }).fill('To see it back');
  await keepScreenshot(page, `${name}-going-back`);
  await dialog
    .getByRole('button', { name: `Roll back to revision ${first}` })
    .click();
  await appears(happened, `Revision ${first + 3} has all traffic`);
  await keepScreenshot(page, `${name}-back`);

  await load.stop();
  expect(load.failed.filter(({ version }) => version !== '3')).toEqual([]);
  expect(load.failed.length).toBeGreaterThan(0);
  expect(load.answered.get('2')).toBeGreaterThan(minCalls);
  process.stdout.write(
    `      ${load.calls} calls at ${perSecond} a second, ${
      load.failed.length
    } failed, all of the bad version; answered ${JSON.stringify(
      Object.fromEntries(load.answered),
    )}\n`,
  );
  project.dispose();
  fs.rmSync(model, { recursive: true, force: true });
}
