import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@playwright/test';
import { eventually, Platform } from './Platform';

const execute = promisify(execFile);

/** What the page shows when the template is through. */
export interface TemplateOutput {
  links: Array<{ title: string; url?: string }>;
  text: Array<{ content: string }>;
}

/** A project as somebody has it who began it with the template. */
export class TemplateProject {
  private constructor(
    private readonly platform: Platform,
    private readonly person: string,
    readonly name: string,
    readonly output: TemplateOutput,
    private readonly work: string,
  ) {}

  /** Fills in the form as Mira. */
  static async begin(
    platform: Platform,
    name: string,
  ): Promise<TemplateProject> {
    const person = await platform.signIn('mira');
    const portal = async (route: string, body?: unknown) => {
      const response = await fetch(
        `${platform.quickstart.portalUrl}/api/${route}`,
        {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `Bearer ${person}`,
            'content-type': 'application/json',
          },
          body: body === undefined ? undefined : JSON.stringify(body),
        },
      );
      expect(response.ok, `${route}: ${response.status}`).toBe(true);
      return await response.json();
    };
    const { id } = await portal('scaffolder/v2/tasks', {
      templateRef: 'template:default/new-ml-model',
      values: {
        name,
        description: 'Names the cultivar of a wine.',
        owner: 'group:default/botany-ml',
        system: 'system:default/plant-catalogue',
        purpose: 'Sort bottles that lost their label.',
        audience: 'The cellar application.',
        theme: 'wine-sorting',
        risk: 'minimal',
      },
    });
    const done = await eventually('the task is done', async () => {
      const log: Array<{ type: string; body: { output: TemplateOutput } }> =
        await portal(`scaffolder/v2/tasks/${id}/events`);
      return log.find(({ type }) => type === 'completion');
    });
    expect(
      (await portal(`scaffolder/v2/tasks/${id}`)).status,
      JSON.stringify(done),
    ).toBe('completed');
    const work = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-project-'),
    );
    return new TemplateProject(platform, person, name, done.body.output, work);
  }

  async clone(url: string): Promise<void> {
    await execute('git', ['clone', '--quiet', url, this.folder]);
  }

  /** The working copy, once it is cloned. */
  get folder() {
    return path.join(this.work, this.name);
  }

  /** A command of its README, in the working copy. */
  async shell(command: string): Promise<string> {
    const { portalUrl, publisherToken } = this.platform.quickstart;
    try {
      const { stdout } = await execute('sh', ['-c', command], {
        cwd: this.folder,
        env: {
          ...process.env,
          MODEL_PLATFORM_URL: portalUrl,
          MODEL_PLATFORM_TOKEN: publisherToken,
          GIT_AUTHOR_NAME: 'Mira',
          GIT_AUTHOR_EMAIL: 'mira@example.org',
          GIT_COMMITTER_NAME: 'Mira',
          GIT_COMMITTER_EMAIL: 'mira@example.org',
        },
        maxBuffer: 20 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command}\n${stdout}\n${stderr}`);
    }
  }

  /** Publishes, and waits until what the repository declares is served. */
  async publish(): Promise<{ source: string }> {
    await this.shell('npm ci --no-audit --no-fund');
    await this.shell('npx --no -- model-platform publish');
    const deployment = async () =>
      await (await this.platform.api(`v1/deployments/${this.name}`)).json();
    await eventually(
      'the deployment of the repository is ready',
      async () => (await deployment()).phase === 'Ready',
      240_000,
    );
    const invoked = JSON.parse(
      await this.shell(`npx --no -- model-platform invoke ${this.name} --json`),
    );
    expect(JSON.stringify(invoked)).toContain('outputs');
    return await deployment();
  }

  /** Names the variant in the deployment's file, pushes that, and waits until it serves. */
  async renameVariant(to: string): Promise<void> {
    await this.shell(
      `sed -i.bak 's/name: main/name: ${to}/' model-deployment.yaml && rm model-deployment.yaml.bak`,
    );
    await this.shell(
      'git commit -qam "Name the variant" && git push -q origin HEAD:main',
    );
    const { token } = await (
      await this.platform.api(`v1/endpoints/${this.name}/tokens`, {
        method: 'POST',
        token: this.person,
        body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
      })
    ).json();
    const { url, example } = await (
      await this.platform.api(`v1/endpoints/${this.name}`)
    ).json();
    await eventually(
      'the pushed change serves',
      async () => {
        const response = await fetch(`${url}/predict`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ inputs: example }),
        });
        const variant = response.headers.get('x-model-variant');
        if (response.status !== 200 || variant !== to)
          throw new Error(`${response.status} from variant ${variant}`);
        return true;
      },
      240_000,
    );
  }

  dispose(): void {
    fs.rmSync(this.work, { recursive: true, force: true });
  }
}
