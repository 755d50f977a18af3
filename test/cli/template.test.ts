import path from 'node:path';
import { expect, test } from '@playwright/test';
import { sharedPlatform } from '../platform/sharedPlatform';
import { TemplateProject } from '../platform/TemplateProject';

/** What somebody does who begins a model with the template: each command as its README says. */
test('the template: train, test, publish, served; a pushed change of the deployment takes effect', async () => {
  test.setTimeout(900_000);
  const platform = sharedPlatform();
  const name = 'wine-by-template';
  const project = await TemplateProject.begin(platform, name);
  const repository = path.join(platform.dataDir, 'git', `${name}.git`);
  expect(project.output.text[0].content).toContain(`git clone ${repository}`);
  expect(project.output.links.map(({ title }) => title)).toEqual([
    'Project in the catalog',
  ]);

  await project.clone(repository);
  await project.shell(
    'python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt',
  );
  await project.shell('.venv/bin/python train.py');
  await project.shell('.venv/bin/python -m pytest -q');

  expect((await project.publish()).source).toContain(`${name}@main`);
  await project.renameVariant('vintage');
  project.dispose();
});
