import {
  mockServices,
  startTestBackend,
  TestBackend,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { ConfigReader } from '@backstage/config';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import scaffolderEntityModel from '@backstage/plugin-catalog-backend-module-scaffolder-entity-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import scaffolderPlugin from '@backstage/plugin-scaffolder-backend';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import catalogModuleModelPlatform from '@model-platform/plugin-catalog-backend-module-model-platform';
import { JsonObject } from '@backstage/types';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import request from 'supertest';
import { parse } from 'yaml';
import scaffolderModuleModelPlatform from '.';
import { GitHost } from './__testUtils__/GitHost';
import {
  cliTgz,
  manifest,
  platformWithCli,
  runTemplate,
  templateFile,
  values,
} from './__testUtils__/template';
import { createRepositories } from './repositories/createRepositories';
import { Repositories } from './repositories/Repositories';

jest.setTimeout(180_000);

const execute = promisify(execFile);

const people = `
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: mock }
spec:
  memberOf: []
  profile: { displayName: Mira, email: mira@organisation.example }
`;

async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`Waited too long until ${what}`);
    await new Promise(resolve => {
      setTimeout(resolve, 100);
    });
  }
}

describe.each([
  {
    face: 'github' as const,
    owner: 'acme',
    view: 'tree',
    pipeline: '.github/workflows/publish.yml',
    settings: '/settings/secrets/actions',
  },
  {
    face: 'gitlab' as const,
    owner: 'acme/models',
    view: '-/blob',
    pipeline: '.gitlab-ci.yml',
    settings: '/-/settings/ci_cd',
  },
])('the template on $face', ({ face, owner, view, pipeline, settings }) => {
  let directory: string;
  let host: GitHost;
  let backend: TestBackend;

  beforeAll(async () => {
    directory = await fs.promises.mkdtemp(
      path.join(os.tmpdir(), 'scaffolder-git-host-'),
    );
    host = await GitHost.start({ face, token: 'right', owners: [owner] });
    const peopleFile = path.join(directory, 'people.yaml');
    await fs.promises.writeFile(peopleFile, people);
    const tgz = await cliTgz(manifest);
    backend = await startTestBackend({
      features: [
        scaffolderPlugin,
        scaffolderModuleModelPlatform,
        catalogPlugin,
        scaffolderEntityModel,
        catalogModuleModelPlatform,
        // The catalog announces errors until the very end, when the bus is closed already.
        mockServices.events.factory(),
        platformWithCli(() => tgz),
        mockServices.userInfo.mock({
          getUserInfo: async () => ({
            userEntityRef: 'user:default/mock',
            ownershipEntityRefs: ['user:default/mock', values.owner],
          }),
        }).factory,
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://portal.example' },
            backend: {
              baseUrl: 'http://localhost',
              database: { client: 'better-sqlite3', connection: ':memory:' },
              workingDirectory: directory,
            },
            integrations: host.integrations(),
            catalog: {
              processingInterval: { seconds: 1 },
              // As open as can be: what repositories may declare does not rest on it.
              rules: [
                {
                  allow: [
                    'Component',
                    'Group',
                    'Location',
                    'ModelDeployment',
                    'System',
                    'Template',
                    'User',
                  ],
                },
              ],
              locations: [
                { type: 'file', target: templateFile },
                { type: 'file', target: peopleFile },
              ],
            },
            modelPlatform: {
              git: {
                // Of earlier times; new projects go to the host.
                directory: path.join(directory, 'git'),
                remote: { host: host.host, owner },
              },
              environments: [{ name: 'production', driver: 'local' }],
            },
          },
        }),
      ],
    });
    for (const name of ['template:default/new-ml-model', 'user:default/mock'])
      await until(`there is ${name}`, () => entity(name));
  });

  afterAll(async () => {
    await backend?.stop();
    await host?.stop();
    await fs.promises.rm(directory, { recursive: true, force: true });
  });

  afterEach(() => {
    host.fault = undefined;
  });

  async function entity(ref: string): Promise<Entity | undefined> {
    const { status, body } = await request(backend.server).get(
      `/api/catalog/entities/by-name/${ref.replace(':', '/')}`,
    );
    return status === 200 ? body : undefined;
  }

  async function git(...args: string[]): Promise<string> {
    return (await execute('git', args)).stdout.trim();
  }

  async function push(name: string, files: Record<string, string>) {
    const work = path.join(directory, `${name}-work`);
    if (!fs.existsSync(work))
      await git('clone', '-q', host.cloneUrl(`${owner}/${name}`), work);
    for (const [file, content] of Object.entries(files))
      await fs.promises.writeFile(path.join(work, file), content);
    const me = ['-c', 'user.name=M', '-c', 'user.email=m@example.org'];
    await git('-C', work, 'add', '.');
    await git('-C', work, ...me, 'commit', '-qm', 'Change');
    await git('-C', work, 'push', '-q', 'origin', 'HEAD:main');
  }

  it('makes a private repository there, which the catalog then reads', async () => {
    const { status, output, log, id } = await runTemplate(backend);
    expect([status, log]).toEqual(['completed', expect.anything()]);
    const repository = `${owner}/wine-cellar`;
    const webUrl = `${host.url}/${repository}`;
    expect(host.names()).toEqual([repository]);
    expect(fs.existsSync(path.join(directory, 'git'))).toBe(false);
    expect(host.about(repository)).toEqual({
      visibility: 'private',
      description: `Begun from a template (task ${id})`,
    });

    expect(output?.links).toContainEqual(
      expect.objectContaining({ title: 'Repository', url: webUrl }),
    );
    const next = output?.text?.[0].content;
    expect(next).toContain(`git clone ${webUrl}.git`);
    expect(next).toContain(`${webUrl}${settings}`);

    const clone = path.join(directory, 'clone');
    await git('clone', '-q', host.cloneUrl(repository), clone);
    expect(await git('-C', clone, 'log', '--format=%an <%ae> %s')).toBe(
      'Mira <mira@organisation.example> Begin wine-cellar from the template New ML model',
    );
    const read = (file: string) =>
      fs.readFileSync(path.join(clone, file), 'utf8');
    const pipelines = ['.github', '.gitlab-ci.yml'].filter(file =>
      fs.existsSync(path.join(clone, file)),
    );
    expect(pipelines).toEqual([pipeline.split('/')[0]]);
    expect(read(pipeline)).toContain(
      'MODEL_PLATFORM_URL: http://portal.example',
    );
    expect(parse(read(pipeline))).toHaveProperty(
      face === 'github' ? 'jobs.publish' : 'publish.script',
    );
    expect(read('README.md')).toContain(pipeline);
    expect(parse(read('model-deployment.yaml')).spec.environment).toBe(
      'production',
    );

    const component = await until('the project is in the catalog', () =>
      entity('component:default/wine-cellar'),
    );
    expect(component.metadata.annotations).toMatchObject({
      'backstage.io/managed-by-location': `url:${webUrl}/${view}/main/catalog-info.yaml`,
      // For whom the model may be seen, as of a repository on this machine.
      'model-platform.io/repository': repository,
    });
    const deployment = await until('the deployment is in the catalog', () =>
      entity('modeldeployment:default/wine-cellar'),
    );
    expect(deployment.metadata.annotations).toMatchObject({
      'backstage.io/managed-by-location': `url:${webUrl}/${view}/main/model-deployment.yaml`,
    });
  });

  it('reads from there what a repository may declare, and no more', async () => {
    expect((await runTemplate(backend, { name: 'bold' })).status).toBe(
      'completed',
    );
    const component = await until('the project is in the catalog', () =>
      entity('component:default/bold'),
    );
    const { spec, apiVersion } = component;
    const isNow = async (description: string) =>
      (await entity('component:default/bold'))?.metadata.description ===
      description;
    const yaml = (kind: string, name: string, more: JsonObject = {}) =>
      `${JSON.stringify({
        apiVersion,
        kind,
        metadata: { name, ...more },
        spec: { ...spec, type: 'team', children: [] },
      })}\n---\n`;
    await push('bold', {
      'catalog-info.yaml': [
        yaml('Component', 'bold', { description: 'changed' }),
        yaml('Component', 'marked', {
          annotations: { 'model-platform.io/endpoint': 'x' },
        }),
        yaml('Group', 'intruders'),
        yaml('User', 'intruder'),
        yaml('System', 'taken-over'),
        `${JSON.stringify({
          apiVersion,
          kind: 'Location',
          metadata: { name: 'elsewhere' },
          spec: { type: 'file', target: templateFile },
        })}\n`,
      ].join(''),
    });
    await until('the change is in the catalog', () => isNow('changed'));
    // By the time this one is there, all of the first were looked at.
    await push('bold', {
      'catalog-info.yaml': yaml('Component', 'bold', { description: 'later' }),
    });
    await until('the later change is in the catalog', () => isNow('later'));
    for (const ref of [
      'component:default/marked',
      'group:default/intruders',
      'user:default/intruder',
      'system:default/taken-over',
      'location:default/elsewhere',
    ]) {
      expect([ref, await entity(ref)]).toEqual([ref, undefined]);
    }
  });

  it('refuses a name that is taken, and changes nothing', async () => {
    await host.make(owner, 'beer-cellar', { description: 'Of somebody' });
    const before = host.names();
    const { status, log } = await runTemplate(backend, { name: 'beer-cellar' });
    expect(status).toBe('failed');
    expect(log).toContain("There is a repository 'beer-cellar' already");
    expect(host.names()).toEqual(before);

    // Taken in between, or where the credentials cannot see it.
    host.fault = (method, route) =>
      method === 'GET' && decodeURIComponent(route).endsWith('/beer-cellar')
        ? { status: 404, body: { message: 'Not Found' } }
        : undefined;
    const raced = await runTemplate(backend, { name: 'beer-cellar' });
    expect(raced.status).toBe('failed');
    expect(raced.log).toContain(`${host.host} makes no repository`);
    expect(raced.log).toMatch(/already (exists|been taken)/);
    expect(await git('-C', host.gitdir(`${owner}/beer-cellar`), 'branch')).toBe(
      '',
    );
    expect(await entity('component:default/beer-cellar')).toBeUndefined();
  });

  it('asks the host nothing for a group that one does not belong to', async () => {
    host.requests.length = 0;
    const { status, log } = await runTemplate(backend, {
      name: 'foreign',
      owner: 'group:default/care-analytics',
    });
    expect(status).toBe('failed');
    expect(log).toContain('group:default/care-analytics, which you do not');
    expect(host.names()).not.toContain(`${owner}/foreign`);
    expect(host.requests.filter(each => each.includes('foreign'))).toEqual([]);
  });

  describe('asked by a task', () => {
    const place = (
      remote: object,
      integrations: JsonObject = host.integrations(),
    ): Repositories =>
      createRepositories({
        config: new ConfigReader({
          integrations,
          modelPlatform: { git: { remote: { host: host.host, ...remote } } },
        }),
        catalog: catalogServiceMock(),
        auth: mockServices.auth(),
      })!;

    async function create(
      repositories: Repositories,
      name: string,
      taskId: string,
    ) {
      const context = createMockActionContext({ task: { id: taskId } });
      const content = path.join(directory, `workspace-${taskId}`);
      await fs.promises.mkdir(content, { recursive: true });
      await fs.promises.writeFile(path.join(content, 'a.txt'), 'a');
      return await repositories.create(
        {
          name,
          content,
          message: 'Begin',
          author: { name: 'Mira', email: 'mira@organisation.example' },
          taskId,
        },
        context,
      );
    }

    it('finishes what a task before it was interrupted in', async () => {
      const repositories = place({ owner });
      // Ended between making and pushing.
      await host.make(owner, 'ended', {
        description: 'Begun from a template (task task-0)',
      });
      await create(repositories, 'ended', 'task-0');

      // Made, but the answer was lost.
      host.losesAnswers = true;
      await create(repositories, 'lost', 'task-1');
      host.losesAnswers = false;

      // Made, but the credentials may not push.
      host.fault = (_method, route) =>
        route.endsWith('/git-receive-pack')
          ? { status: 403, body: 'Write access not granted' }
          : undefined;
      await expect(create(repositories, 'twice', 'task-1')).rejects.toThrow(
        'was made, but nothing could be pushed to it; delete it before',
      );
      host.fault = undefined;

      const first = await create(repositories, 'twice', 'task-1');
      expect(first).toEqual({
        webUrl: `${host.url}/${owner}/twice`,
        remoteUrl: `${host.url}/${owner}/twice.git`,
        branch: 'main',
        commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      });
      expect(await create(repositories, 'twice', 'task-1')).toEqual(first);
      await expect(create(repositories, 'twice', 'task-2')).rejects.toThrow(
        'already',
      );
      for (const name of ['ended', 'lost', 'twice']) {
        const gitdir = host.gitdir(`${owner}/${name}`);
        expect(await git('-C', gitdir, 'log', '--format=%s')).toBe('Begin');
      }
    });

    it('says what is wrong with the configuration', async () => {
      await expect(
        create(place({ owner }, host.integrations('wrong')), 'none', 'task-3'),
      ).rejects.toThrow(
        `${host.host} refuses the credentials of integrations.${face}: 401`,
      );
      await expect(
        create(place({ owner: 'nobody' }), 'none', 'task-4'),
      ).rejects.toThrow(
        `${host.host} makes no repository 'none' for 'nobody' (modelPlatform.git.remote.owner)`,
      );
      for (const name of ['../up', 'Upper', 'a&owner=b', '']) {
        await expect(create(place({ owner }), name, 'task-5')).rejects.toThrow(
          'cannot be the name',
        );
      }
      expect(host.names().join()).not.toContain('none');

      expect(() => place({ owner }, {})).toThrow(
        `modelPlatform.git.remote.host is '${host.host}', for which there are no credentials: add integrations.github (host: ${host.host}, and token or apps) or integrations.gitlab (host: ${host.host}, and token)`,
      );
      expect(() => place({ owner, host: `${face}.com` }, {})).toThrow(
        `are no credentials: add integrations.${face} (host: ${face}.com`,
      );
      expect(() => place({ owner: 'a?b' })).toThrow('owner is');
      expect(() => place({ owner, visibility: 'secret' })).toThrow(
        'visibility is',
      );
    });

    if (face === 'github') {
      it('claims nothing that GitHub made for the account of the token instead', async () => {
        await expect(
          create(place({ owner: 'mira' }), 'stray', 'task-6'),
        ).rejects.toThrow("made a repository 'stray', but not for 'mira'");
      });
    }
  });
});
