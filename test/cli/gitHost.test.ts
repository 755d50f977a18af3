import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, Platform } from '../platform/Platform';
import { TemplateProject } from '../platform/TemplateProject';
import { writeConfig } from '../production/Portal';
import { GitHost } from '../../plugins/scaffolder-backend-module-model-platform/src/__testUtils__/GitHost';

test.describe.serial('projects on a Git host', () => {
  let folder: string;
  let host: GitHost;
  let platform: Platform;

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-config-'));
    host = await GitHost.start({
      face: 'github',
      token: 'the-platforms-own-token',
      owners: ['acme'],
    });
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: writeConfig(folder, 'git-host.yaml', {
        integrations: host.integrations(),
        catalog: { processingInterval: '2s' },
        modelPlatform: {
          git: { remote: { host: host.host, owner: 'acme' } },
          deploymentSources: [
            {
              urlPrefix: `${host.url}/acme`,
              systems: ['plant-catalogue'],
              environments: ['local'],
            },
          ],
        },
      }),
    });
    await platform.start();
  });

  test.afterAll(async () => {
    await platform?.destroy();
    await host?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('from the form to the endpoint; a pushed change of the deployment takes effect', async () => {
    test.setTimeout(900_000);
    const name = 'wine-on-github';
    const url = `${host.url}/acme/${name}`;
    const project = await TemplateProject.begin(platform, name);
    expect(project.output.text[0].content).toContain(`git clone ${url}.git`);
    expect(project.output.links).toContainEqual(
      expect.objectContaining({ title: 'Repository', url }),
    );
    expect(host.names()).toEqual([`acme/${name}`]);

    // Its people see it, as they would one on the platform's machine; others do not.
    const seenBy = async (person: string) => {
      const found = await fetch(
        `${platform.quickstart.portalUrl}/api/catalog/entities?filter=metadata.name=${name}`,
        {
          headers: { authorization: `Bearer ${await platform.signIn(person)}` },
        },
      );
      const entities: Array<{ kind: string }> = await found.json();
      return entities.map(({ kind }) => kind).sort();
    };
    await eventually(
      'component and deployment are in the catalog',
      async () => (await seenBy('mira')).join() === 'Component,ModelDeployment',
    );
    expect(await seenBy('dana')).toEqual([]);

    await project.clone(host.cloneUrl(`acme/${name}`));
    await project.shell(`${platform.dataDir}/venv/*/bin/python train.py`);
    expect((await project.publish()).source).toBe(
      `url:${url}/tree/main/model-deployment.yaml`,
    );
    await project.renameVariant('vintage');
    project.dispose();
  });
});
