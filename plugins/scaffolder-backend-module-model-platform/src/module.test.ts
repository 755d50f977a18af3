import { createBackendPlugin } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity, UserEntity } from '@backstage/catalog-model';
import {
  eventsServiceFactory,
  eventsServiceRef,
} from '@backstage/plugin-events-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import scaffolderPlugin from '@backstage/plugin-scaffolder-backend';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import { GIT_EVENTS_TOPIC } from '@model-platform/plugin-model-platform-common';
import * as git from 'isomorphic-git';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { parse } from 'yaml';
import scaffolderModuleModelPlatform from '.';
import {
  cliTgz,
  manifest,
  runTemplate,
  platformWithCli,
  templateFile,
  values,
} from './__testUtils__/template';
import { LocalRepositories } from './repositories/LocalRepositories';
import { requireOwnDeclarations } from './requireOwnDeclarations';

jest.setTimeout(180_000);

describe('scaffolderModuleModelPlatform', () => {
  let directory: string;
  let repositories: string;
  let tgz: Buffer;
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  const received: unknown[] = [];

  beforeAll(async () => {
    directory = await fs.promises.mkdtemp(
      path.join(os.tmpdir(), 'scaffolder-model-platform-'),
    );
    repositories = path.join(directory, 'git');
    tgz = await cliTgz(manifest);
    const template: Entity = parse(
      await fs.promises.readFile(templateFile, 'utf8'),
    );
    template.metadata.annotations = {
      'backstage.io/managed-by-location': `file:${templateFile}`,
    };
    const user: UserEntity = {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'User',
      metadata: { name: 'mock' },
      spec: {
        profile: { displayName: 'Mira', email: 'mira@organisation.example' },
      },
    };
    backend = await startTestBackend({
      features: [
        scaffolderPlugin,
        scaffolderModuleModelPlatform,
        eventsServiceFactory,
        mockServices.userInfo.mock({
          getUserInfo: async () => ({
            userEntityRef: 'user:default/mock',
            ownershipEntityRefs: ['user:default/mock', values.owner],
          }),
        }).factory,
        catalogServiceMock.factory({ entities: [template, user] }),
        platformWithCli(() => tgz),
        createBackendPlugin({
          pluginId: 'observer',
          register(env) {
            env.registerInit({
              deps: { bus: eventsServiceRef },
              async init({ bus }) {
                await bus.subscribe({
                  id: 'observer',
                  topics: [GIT_EVENTS_TOPIC],
                  onEvent: async ({ eventPayload }) =>
                    void received.push(eventPayload),
                });
              },
            });
          },
        }),
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://portal.example' },
            backend: {
              database: { client: 'better-sqlite3', connection: ':memory:' },
              workingDirectory: directory,
            },
            modelPlatform: { git: { directory: repositories } },
          },
        }),
      ],
    });
  });

  afterAll(async () => {
    await backend?.stop();
    await fs.promises.rm(directory, { recursive: true, force: true });
  });

  const run = (more?: Partial<typeof values>) => runTemplate(backend, more);

  it('makes a project from the template, whatever people write into the form', async () => {
    const { status, output, log } = await run();
    expect([status, log]).toEqual(['completed', expect.anything()]);
    const gitdir = path.join(repositories, 'wine-cellar.git');
    expect(JSON.stringify(output)).toContain(`git clone ${gitdir}`);
    expect(output?.links?.map(({ title }) => title)).toEqual([
      'Project in the catalog',
    ]);
    expect(fs.readdirSync(repositories)).toEqual(['wine-cellar.git']);
    expect(fs.existsSync(path.join(gitdir, 'index'))).toBe(false);

    const [{ oid, commit }] = await git.log({ fs, gitdir, ref: 'main' });
    expect(commit.author).toMatchObject({
      name: 'Mira',
      email: 'mira@organisation.example',
    });
    expect(received).toContainEqual({
      repository: 'wine-cellar',
      branch: 'main',
      commit: oid,
    });

    const read = async (filepath: string) =>
      new TextDecoder().decode(
        (await git.readBlob({ fs, gitdir, oid, filepath })).blob,
      );

    const model = parse(await read('model.yaml'));
    expect(model).toMatchObject({
      name: 'wine-cellar',
      type: 'ml',
      owner: values.owner,
      system: 'plant-catalogue',
      description: values.description,
      metadata: {
        purpose: values.purpose,
        audience: values.audience,
        method: expect.any(String),
        data: {
          sources: [expect.any(String)],
          personalData: 'none',
          period: expect.any(String),
        },
        theme: values.theme,
        risk: 'high',
        riskReason: values.riskReason,
      },
      flavor: 'sklearn',
      endpoint: 'endpoint.py',
      files: ['model.joblib', 'endpoint.py'],
    });
    expect(
      model.signature.inputs.map(({ name }: { name: string }) => name),
    ).toEqual(Object.keys(model.example));
    expect(parse(await read('model-deployment.yaml'))).toMatchObject({
      kind: 'ModelDeployment',
      metadata: { name: 'wine-cellar' },
      spec: {
        system: 'plant-catalogue',
        model: 'model:default/wine-cellar',
        environment: 'local',
      },
    });
    expect(parse(await read('catalog-info.yaml'))).toMatchObject({
      kind: 'Component',
      metadata: { name: 'wine-cellar' },
      spec: { owner: values.owner, system: values.system },
    });

    const lock = JSON.parse(await read('package-lock.json'));
    const { devDependencies } = JSON.parse(await read('package.json'));
    const url = devDependencies['@model-platform/cli'];
    expect(url).toMatch(/^http:.*\/api\/model-platform\/cli\.tgz$/);
    expect(lock.packages['node_modules/@model-platform/cli']).toMatchObject({
      version: '0.1.7',
      resolved: url,
      integrity: `sha512-${createHash('sha512').update(tgz).digest('base64')}`,
    });

    const workflow = await read('.github/workflows/publish.yml');
    expect(parse(workflow).jobs.publish.env).toEqual({
      MODEL_PLATFORM_URL: 'http://portal.example',
    });
    expect(workflow).toContain(
      'MODEL_PLATFORM_TOKEN: ${{ secrets.MODEL_PLATFORM_TOKEN }}',
    );
    const files = await git.listFiles({ fs, gitdir, ref: 'main' });
    expect(files).toEqual(
      expect.arrayContaining([
        '.gitignore',
        '.modelignore',
        'README.md',
        'requirements.txt',
        'tests/test_endpoint.py',
        'train.py',
      ]),
    );
    for (const file of files.filter(
      each => each !== '.github/workflows/publish.yml',
    )) {
      expect([file, await read(file)]).not.toEqual([
        file,
        expect.stringContaining('values.'),
      ]);
    }
  });

  it('leaves out the reason of a risk that needs none, and refuses a name that is taken', async () => {
    const { status } = await run({
      name: 'beer-cellar',
      risk: 'minimal',
      riskReason: undefined,
    });
    expect(status).toBe('completed');
    const gitdir = path.join(repositories, 'beer-cellar.git');
    const head = await git.resolveRef({ fs, gitdir, ref: 'main' });
    const { blob } = await git.readBlob({
      fs,
      gitdir,
      oid: head,
      filepath: 'model.yaml',
    });
    expect(parse(new TextDecoder().decode(blob)).metadata).not.toHaveProperty(
      'riskReason',
    );

    const again = await run({ name: 'beer-cellar' });
    expect(again.status).toBe('failed');
    expect(again.log).toContain("There is a repository 'beer-cellar' already");
    expect(await git.resolveRef({ fs, gitdir, ref: 'main' })).toBe(head);
    expect(
      fs.readdirSync(repositories).filter(name => name.startsWith('.')),
    ).toEqual([]);
  });

  it('makes no project of a group that one does not belong to', async () => {
    const { status, log } = await run({
      name: 'foreign',
      owner: 'group:default/care-analytics',
    });
    expect(status).toBe('failed');
    expect(log).toContain('group:default/care-analytics, which you do not');
    expect(fs.existsSync(path.join(repositories, 'foreign.git'))).toBe(false);
  });

  it.each([
    { owner: `${values.owner}\n---\nkind: ModelDeployment` },
    { system: 'plant-catalogue\n---\nkind: ModelDeployment' },
    { owner: '${{ secrets }}' },
  ])('takes no more than a name as owner and system: %j', async more => {
    const response = await request(backend.server)
      .post('/api/scaffolder/v2/tasks')
      .set({ authorization: mockCredentials.user.header() })
      .send({
        templateRef: 'template:default/new-ml-model',
        values: { ...values, name: 'injected', ...more },
      });
    expect(response.status).toBe(400);
  });

  it('reads all that the files of a repository declare', async () => {
    const folder = await fs.promises.mkdtemp(
      path.join(directory, 'declarations-'),
    );
    const declare = async (text: string) =>
      await fs.promises.writeFile(
        path.join(folder, 'model-deployment.yaml'),
        text,
      );
    const claims = ['user:default/mira', 'group:default/botany-ml'];
    await requireOwnDeclarations(folder, claims);
    await declare('spec: { owner: Botany-ML }\n---\n');
    await requireOwnDeclarations(folder, claims);
    for (const [text, problem] of [
      ['spec: { owner: botany-ml }\n---\nspec: { owner: care }', 'of care,'],
      ['spec: { owner: [botany-ml] }', 'without spec.owner'],
      ['spec: {}', 'without spec.owner'],
      ['a: b: c', 'no YAML'],
    ]) {
      await declare(text);
      await expect(requireOwnDeclarations(folder, claims)).rejects.toThrow(
        problem,
      );
    }
  });

  it('makes no project where the command line cannot be pinned', async () => {
    const good = tgz;
    try {
      tgz = await cliTgz({ ...manifest, dependencies: { 'left-pad': '1' } });
      expect((await run({ name: 'unpinned' })).log).toContain(
        'it depends on left-pad',
      );
      tgz = Buffer.from('not a tarball');
      expect((await run({ name: 'unpinned' })).log).toContain(
        "is not the command line's package",
      );
    } finally {
      tgz = good;
    }
    expect(fs.existsSync(path.join(repositories, 'unpinned.git'))).toBe(false);
  });

  it('gives a task that is run again what it made, and nothing half made to anybody', async () => {
    const { workspacePath } = createMockActionContext();
    fs.mkdirSync(workspacePath, { recursive: true });
    fs.writeFileSync(path.join(workspacePath, 'a.txt'), 'a');
    const local = new LocalRepositories(repositories);
    const options = {
      name: 'twice',
      content: workspacePath,
      message: 'Begin',
      author: { name: 'Mira', email: 'mira@organisation.example' },
      taskId: 'task-1',
    };
    const first = await local.create(options);
    fs.writeFileSync(path.join(workspacePath, 'a.txt'), 'b');
    expect(await local.create(options)).toEqual(first);
    await expect(
      local.create({ ...options, taskId: 'task-2' }),
    ).rejects.toThrow('already');
    for (const name of ['../up', 'Upper', '-a', '', 'a/b', 'a'.repeat(51)]) {
      await expect(local.create({ ...options, name })).rejects.toThrow(
        'cannot be the name',
      );
    }
    const raced = await Promise.allSettled(
      ['task-3', 'task-4', 'task-5'].map(taskId =>
        local.create({ ...options, name: 'raced', taskId }),
      ),
    );
    expect(raced.filter(({ status }) => status === 'fulfilled')).toHaveLength(
      1,
    );
    expect(
      fs.readdirSync(repositories).filter(name => name.startsWith('.')),
    ).toEqual([]);
  });
});
