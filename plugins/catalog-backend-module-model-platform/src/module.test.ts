import { schedulerServiceFactory } from '@backstage/backend-defaults/scheduler';
import {
  coreServices,
  createBackendPlugin,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import {
  eventsServiceRef,
  EventsService,
  eventsServiceFactory,
} from '@backstage/plugin-events-node';
import {
  AuthorizeResult,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  ANNOTATION_FILE_PROBLEMS,
  createCatalogEntityConditionalDecision,
  DEPLOYMENT_EVENTS_TOPIC,
  Endpoint,
  isReadableModel,
  Model,
  MODEL_EVENTS_TOPIC,
  ModelEvent,
} from '@model-platform/plugin-model-platform-common';
import express, { Router } from 'express';
import * as git from 'isomorphic-git';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { parseAllDocuments } from 'yaml';
import catalogModuleModelPlatform, { isReadableModelRule } from '.';

jest.setTimeout(180_000);

const iris: Model = {
  id: 'm-1',
  name: 'Iris',
  slug: 'iris',
  type: 'ml',
  description: 'Tells species apart',
  owner: 'group:default/botany-ml',
  system: 'plant-catalogue',
  lifecycle: 'production',
  visibility: 'system',
  sharedWith: ['group:default/management'],
  tags: ['Tabular data', '!!', 'onnx'],
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'user:default/mira',
  updatedAt: '2026-01-01T00:00:00Z',
  aliases: {},
  current: { number: 3, status: 'ready', flavor: 'onnx' },
  metadata: {
    purpose: 'Recognise a plant',
    audience: ['visitors', 'gardeners'],
    method: 'Gradient boosting',
    data: { sources: ['iris'], personalData: 'none', period: '1936' },
    theme: 'species-recognition',
    risk: { level: 'minimal', reason: 'Flowers only' },
  },
  etag: '"1"',
};
const disease: Model = {
  ...iris,
  id: 'm-2',
  name: 'Disease progression',
  slug: 'disease-progression',
  owner: 'group:default/care-analytics',
  system: 'patient-care',
  sharedWith: ['system:default/plant-catalogue'],
};
const open: Model = {
  ...iris,
  id: 'm-3',
  name: 'Open',
  slug: 'open',
  visibility: 'everyone',
  sharedWith: [],
};
const secret: Model = {
  ...iris,
  id: 'm-4',
  name: 'Secret',
  slug: 'secret',
  owner: 'group:default/care-apps',
  system: 'patient-care',
  sharedWith: [],
};
const draft: Model = {
  ...iris,
  id: 'm-5',
  name: 'Draft',
  slug: 'draft',
  current: undefined,
};

function endpointOf(model: Model): Endpoint {
  return {
    name: model.slug,
    url: `http://127.0.0.1:7080/${model.slug}`,
    model: model.name,
    modelSlug: model.slug,
    modelId: model.id,
    system: model.system,
    owner: model.owner,
    ready: true,
  };
}

/** The part of the platform's API that the catalog reads, with the faults a test asks for. */
class FakePlatform {
  models = [iris, disease, open, secret, draft];
  endpoints = [
    ...[iris, secret, open].map(endpointOf),
    { ...endpointOf(disease), url: '', ready: false },
  ];
  /** Path at which the API fails. */
  failAt: string | undefined;
  /** How often it failed. */
  tries = 0;
  reads = 0;
  /** Pages of all models. */
  wholeReads = 0;

  change(slug: string, change: Partial<Model>) {
    const updatedAt = new Date().toISOString();
    this.models = this.models.map(model =>
      model.slug === slug ? { ...model, ...change, updatedAt } : model,
    );
  }

  readonly feature = createBackendPlugin({
    pluginId: 'model-platform',
    register: env => {
      env.registerInit({
        deps: {
          http: coreServices.httpRouter,
          httpAuth: coreServices.httpAuth,
        },
        init: async ({ http, httpAuth }) => {
          const router = Router().use(express.json());
          router.use(async (req, _res, next) => {
            await httpAuth.credentials(req, { allow: ['service'] });
            const fails = this.failAt && req.path.startsWith(this.failAt);
            if (fails) this.tries += 1;
            next(fails ? new Error('out of order') : undefined);
          });
          router.get('/v1/models', (req, res) => {
            this.reads += 1;
            const [, since = ''] =
              /^updatedAt >= (\S+) and archived in \(true, false\)$/.exec(
                String(req.query.filter ?? ''),
              ) ?? [];
            if (!since) this.wholeReads += 1;
            const asked = this.models.filter(model =>
              since ? model.updatedAt >= since : !model.archivedAt,
            );
            res.json(page(asked, String(req.query.cursor ?? '')));
          });
          router.get('/v1/models/:slug', (req, res) => {
            res.json(this.models.find(({ slug }) => slug === req.params.slug));
          });
          router.get('/v1/endpoints', (req, res) => {
            res.json(page(this.endpoints, String(req.query.cursor ?? '')));
          });
          router.get('/v1/endpoints/:name/openapi.json', (req, res, next) => {
            if (req.params.name === 'open')
              next(new NotFoundError('It serves no version yet'));
            else
              res.json({
                openapi: '3.1.0',
                info: { title: req.params.name, version: '3' },
                paths: {},
              });
          });
          http.use(router);
        },
      });
    },
  });
}

/** Two a page, so that every list has several. */
function page<T>(
  items: T[],
  cursor: string,
): { items: T[]; nextCursor?: string } {
  const start = Number(cursor || 0);
  const end = start + 2;
  return {
    items: items.slice(start, end),
    ...(end < items.length && { nextCursor: String(end) }),
  };
}

async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`Waited too long until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

async function commit(
  gitdir: string,
  files: Record<string, string>,
): Promise<void> {
  const dir = await fs.promises.mkdtemp(
    path.join(os.tmpdir(), 'catalog-model-platform-work-'),
  );
  for (const [filepath, content] of Object.entries(files)) {
    await fs.promises.writeFile(path.join(dir, filepath), content);
    await git.add({ fs, dir, gitdir, filepath });
  }
  await git.commit({
    fs,
    dir,
    gitdir,
    message: 'Change',
    author: { name: 'Mira', email: 'mira@organisation.example' },
  });
  await fs.promises.rm(dir, { recursive: true });
}

const organisation = path.resolve(__dirname, '../../../catalog');

/** All that comes into the catalog, in whatever order. */
async function expectedRefs(): Promise<string[]> {
  const files = await fs.promises.readdir(organisation);
  const texts = await Promise.all(
    files.map(file =>
      fs.promises.readFile(path.join(organisation, file), 'utf8'),
    ),
  );
  return [
    ...texts
      .flatMap(text => parseAllDocuments(text))
      .map(document => stringifyEntityRef(document.toJS() as Entity)),
    ...[iris, disease, open, secret].map(({ slug }) => `model:default/${slug}`),
    ...[iris, disease, secret].map(({ slug }) => `api:default/${slug}`),
  ];
}

describe('catalogModuleModelPlatform', () => {
  const platform = new FakePlatform();
  let decision: PolicyDecision = { result: AuthorizeResult.ALLOW };
  let server: Parameters<typeof request>[0];
  let events: EventsService;
  let repositories: string;
  let stop: () => Promise<void>;

  const get = (url: string) =>
    request(server)
      .get(url)
      .set('authorization', mockCredentials.user.header());
  const entities = async (): Promise<Entity[]> =>
    (await get('/api/catalog/entities')).body;
  const refs = async (): Promise<string[]> =>
    (await entities()).map(entity => stringifyEntityRef(entity)).sort();
  const entity = async (ref: string): Promise<Entity | undefined> =>
    (await entities()).find(each => stringifyEntityRef(each) === ref);

  beforeAll(async () => {
    repositories = await fs.promises.mkdtemp(
      path.join(os.tmpdir(), 'catalog-model-platform-'),
    );
    const permissions = mockServices.permissions.mock({
      authorize: async requests =>
        requests.map(() => ({ result: AuthorizeResult.ALLOW })),
      authorizeConditional: async requests => requests.map(() => decision),
    });
    const backend = await startTestBackend({
      features: [
        catalogPlugin,
        catalogModuleModelPlatform,
        platform.feature,
        // The real ones: the test backend's own run a task once, and share no events between plugins.
        schedulerServiceFactory,
        eventsServiceFactory,
        createServiceFactory({
          service: coreServices.permissions,
          deps: {},
          factory: () => permissions,
        }),
        createBackendPlugin({
          pluginId: 'observer',
          register: env =>
            env.registerInit({
              deps: { bus: eventsServiceRef },
              init: async ({ bus }) => {
                events = bus;
              },
            }),
        }),
        mockServices.rootConfig.factory({
          data: {
            backend: {
              database: { client: 'better-sqlite3', connection: ':memory:' },
            },
            catalog: {
              processingInterval: { seconds: 1 },
              rules: [
                {
                  allow: [
                    'Group',
                    'System',
                    'Component',
                    'Domain',
                    'User',
                    'Location',
                    'API',
                  ],
                },
              ],
              locations: [
                {
                  type: 'file',
                  target: path.join(organisation, 'all.yaml'),
                },
              ],
            },
            modelPlatform: {
              catalog: { frequency: { minutes: 10 } },
              git: {
                directory: repositories,
                frequency: { milliseconds: 200 },
              },
            },
          },
        }),
      ],
    });
    server = backend.server;
    stop = () => backend.stop();
    const expected = await expectedRefs();
    await until('registry and organisation are in the catalog', async () => {
      const found = await refs();
      return expected.every(ref => found.includes(ref));
    });
  });

  afterAll(async () => {
    await stop?.();
    await fs.promises.rm(repositories, { recursive: true, force: true });
  });

  it('emits models with a ready version and the APIs of their endpoints', async () => {
    const model = await until('relations are there', async () => {
      const found = await entity('model:default/iris');
      return (found?.relations?.length ?? 0) >= 3 ? found : undefined;
    });
    expect(model).toMatchObject({
      apiVersion: 'model-platform.io/v1alpha1',
      metadata: {
        title: 'Iris',
        tags: ['onnx', 'tabular-data'],
        annotations: { 'model-platform.io/model-id': 'm-1' },
        links: [{ url: 'http://127.0.0.1:7080/iris/docs' }],
      },
      spec: {
        type: 'ml',
        owner: 'group:default/botany-ml',
        system: 'system:default/plant-catalogue',
        version: 3,
        audience: 'visitors, gardeners',
        theme: 'species-recognition',
        risk: 'minimal',
        data: { sources: ['iris'], personalData: 'none', period: '1936' },
      },
    });
    expect(model.spec).not.toHaveProperty(['model-platform.io/withheld']);
    expect(
      model.relations
        ?.map(({ type, targetRef }) => `${type} ${targetRef}`)
        .sort(),
    ).toEqual([
      'ownedBy group:default/botany-ml',
      'partOf system:default/plant-catalogue',
      'providesApi api:default/iris',
    ]);
    const api = await until('who calls it is known', async () => {
      const found = await entity('api:default/iris');
      return found?.relations?.some(({ type }) => type === 'apiConsumedBy') &&
        found.relations.some(({ type }) => type === 'apiProvidedBy')
        ? found
        : undefined;
    });
    expect(api.spec).toMatchObject({
      type: 'openapi',
      owner: iris.owner,
      lifecycle: 'production',
    });
    expect(JSON.parse(String(api.spec?.definition))).toMatchObject({
      info: { title: 'iris' },
    });
    expect(
      api.relations?.map(({ type, targetRef }) => `${type} ${targetRef}`),
    ).toEqual(
      expect.arrayContaining([
        'apiProvidedBy model:default/iris',
        'apiConsumedBy component:default/plant-guide',
      ]),
    );
    const found = await refs();
    // Not started yet, so without an address.
    expect(
      (await entity('api:default/disease-progression'))?.metadata.links,
    ).toEqual([]);
    expect(found).not.toContain('model:default/draft');
    // It serves no version yet, so it has no document, and so no API.
    expect(found).not.toContain('api:default/open');
  });

  it('names what not everyone may see in no relation of a system or group', async () => {
    const system = await until(
      'the open model is part of its system',
      async () => {
        const found = await entity('system:default/plant-catalogue');
        return found?.relations?.some(
          ({ targetRef }) => targetRef === 'model:default/open',
        )
          ? found
          : undefined;
      },
    );
    const group = await entity('group:default/botany-ml');
    const named = [
      ...(system.relations ?? []),
      ...(group?.relations ?? []),
    ].map(({ targetRef }) => targetRef);
    expect(named).toContain('model:default/open');
    expect(named).not.toContain('model:default/iris');
    expect(named).not.toContain('api:default/iris');
  });

  it.each([
    {
      who: 'the owner',
      claims: ['group:default/botany-ml'],
      systems: [],
      sees: ['iris', 'open'],
    },
    {
      who: 'the system',
      claims: ['group:default/greenhouse'],
      systems: ['plant-catalogue'],
      sees: ['disease-progression', 'iris', 'open'],
    },
    {
      who: 'whom it is shared with',
      claims: ['Group:default/Management'],
      systems: [],
      sees: ['iris', 'open'],
    },
    {
      who: 'a stranger',
      claims: ['user:default/dana'],
      systems: [],
      sees: ['open'],
    },
    { who: 'nobody', claims: [], systems: [], sees: ['open'] },
  ])(
    'lets $who read the same in lists and one by one',
    async ({ claims, systems, sees }) => {
      await entity('model:default/secret');
      decision = { result: AuthorizeResult.ALLOW };
      const all = await entities();
      decision = createCatalogEntityConditionalDecision(
        isReadableModel({ claims, systems }),
      );
      const listed = await refs();
      decision = { result: AuthorizeResult.ALLOW };
      const models = listed
        .filter(ref => ref.startsWith('model:'))
        .map(ref => ref.slice('model:default/'.length));
      expect(models).toEqual(sees);
      expect(listed.includes('api:default/iris')).toBe(sees.includes('iris'));
      expect(listed).not.toContain('api:default/secret');
      expect(listed).toContain('component:default/plant-guide');
      const applied = all
        .filter(each => isReadableModelRule.apply(each, { claims, systems }))
        .map(each => stringifyEntityRef(each))
        .sort();
      expect(listed).toEqual(applied);
    },
  );

  it('deletes nothing when a read fails, and follows what changed when it works again', async () => {
    const before = await refs();
    const { reads, wholeReads } = platform;
    const changed = (action: ModelEvent['action']) =>
      events.publish({
        topic: MODEL_EVENTS_TOPIC,
        eventPayload: { modelId: 'm-1', slug: 'iris', action },
      });
    platform.failAt = '/v1/models';
    platform.change('iris', { archivedAt: '2026-01-02T00:00:00Z' });
    platform.change('secret', { current: undefined });
    await changed('archived');
    await until('it was tried again', async () => platform.tries >= 2);
    expect(await refs()).toEqual(before);

    platform.failAt = undefined;
    await until('the archived model is gone', async () => {
      const found = await refs();
      return (
        !found.includes('model:default/iris') &&
        !found.includes('api:default/iris') &&
        !found.includes('model:default/secret')
      );
    });
    expect(await refs()).toContain('model:default/disease-progression');
    platform.change('iris', { archivedAt: undefined });
    platform.change('secret', { current: secret.current });
    await changed('restored');
    await until('the restored models are back', async () => {
      const found = await refs();
      return [
        'model:default/iris',
        'api:default/iris',
        'model:default/secret',
      ].every(ref => found.includes(ref));
    });
    expect(platform.reads).toBeGreaterThan(reads);
    // What changed is asked for, not everything.
    expect(platform.wholeReads).toBe(wholeReads);
  });

  it('follows endpoints that come, change and go, though no model changed', async () => {
    const { endpoints } = platform;
    const deployed = () =>
      events.publish({ topic: DEPLOYMENT_EVENTS_TOPIC, eventPayload: {} });
    platform.endpoints = endpoints
      .filter(({ name }) => name !== 'secret')
      .map(endpoint =>
        endpoint.name === 'disease-progression'
          ? { ...endpoint, url: 'http://127.0.0.1:7080/disease-progression' }
          : endpoint,
      );
    await deployed();
    await until(
      'the endpoint that went is gone',
      async () => !(await refs()).includes('api:default/secret'),
    );
    await until('its model provides none any more', async () => {
      const found = await entity('model:default/secret');
      return found && !found.spec?.providesApis;
    });
    await until('the other one has its address', async () => {
      const found = await entity('api:default/disease-progression');
      return found?.metadata.links?.length === 1;
    });
    platform.endpoints = endpoints;
    await deployed();
    await until('it is back', async () =>
      (await refs()).includes('api:default/secret'),
    );
    const { spec } = (await entity('model:default/iris')) ?? {};
    expect(spec?.providesApis).toEqual(['api:default/iris']);
  });

  it('reads deployments as code from repositories, and survives what is bad in them', async () => {
    const gitdir = path.join(repositories, 'iris.git');
    await git.init({ fs, gitdir, bare: true, defaultBranch: 'main' });
    const component =
      'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: iris-project }\nspec: { type: model, lifecycle: production, owner: botany-ml }\n';
    const deployment = (environment: string) =>
      `apiVersion: model-platform.io/v1alpha1\nkind: ModelDeployment\nmetadata: { name: iris-as-code }\nspec:\n  owner: group:default/botany-ml\n  system: plant-catalogue\n  environment: ${environment}\n  model: model:default/iris\n  strategy: { type: single }\n  variants: [{ name: champion, version: { alias: champion }, weight: 100 }]\n`;
    await commit(gitdir, {
      'catalog-info.yaml': component,
      'model-deployment.yaml': deployment('local'),
    });
    const first = await until('the deployment is in the catalog', async () => {
      const found = await entity('modeldeployment:default/iris-as-code');
      return found?.relations?.length ? found : undefined;
    });
    expect(first.metadata.annotations).toMatchObject({
      'backstage.io/managed-by-location':
        'model-platform-git:iris@main/model-deployment.yaml',
    });
    expect(
      first.relations
        ?.map(({ type, targetRef }) => `${type} ${targetRef}`)
        .sort(),
    ).toEqual([
      'deploysModel model:default/iris',
      'ownedBy group:default/botany-ml',
      'partOf system:default/plant-catalogue',
    ]);

    await commit(gitdir, { 'model-deployment.yaml': deployment('production') });
    await until('the change is in the catalog', async () => {
      const found = await entity('modeldeployment:default/iris-as-code');
      return found?.spec?.environment === 'production';
    });

    // Neither who somebody is nor what a system is may come from a repository,
    // nor an API: it would stand in the place of an endpoint that is made later.
    await commit(gitdir, {
      'catalog-info.yaml': `${component}---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: { name: later }\nspec: { type: openapi, lifecycle: production, owner: botany-ml, definition: '{}' }\n---\napiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: { name: mine }\nspec: { owner: user:default/dana }\n`,
      'model-deployment.yaml': 'kind: [',
    });
    const marked = await until('the problems are shown', async () => {
      const found = await entity('component:default/iris-project');
      return found?.metadata.annotations?.[ANNOTATION_FILE_PROBLEMS]
        ? found
        : undefined;
    });
    expect(marked.metadata.annotations?.[ANNOTATION_FILE_PROBLEMS]).toMatch(
      /catalog-info.yaml declares API later.*; catalog-info.yaml declares System mine.*; model-deployment.yaml .*at line 1/,
    );
    await until(
      'the bad file dropped itself',
      async () =>
        !(await refs()).includes('modeldeployment:default/iris-as-code'),
    );
    expect(await refs()).not.toContain('system:default/mine');
    expect(await refs()).not.toContain('api:default/later');

    // What a project tells of its model is not for everyone either.
    decision = createCatalogEntityConditionalDecision(
      isReadableModel({ claims: ['user:default/dana'], systems: [] }),
    );
    expect(await refs()).not.toContain('component:default/iris-project');
    decision = createCatalogEntityConditionalDecision(
      isReadableModel({ claims: ['group:default/botany-ml'], systems: [] }),
    );
    expect(await refs()).toContain('component:default/iris-project');
    decision = { result: AuthorizeResult.ALLOW };

    // A repository that cannot be read keeps what it declared.
    await fs.promises.rename(
      path.join(gitdir, 'objects'),
      path.join(gitdir, 'objects-away'),
    );
    // As Git does it: a branch is never half written, which would look like none.
    const branch = path.join(gitdir, 'refs/heads/main');
    await fs.promises.writeFile(`${branch}.lock`, `${'1'.repeat(40)}\n`);
    await fs.promises.rename(`${branch}.lock`, branch);
    const other = path.join(repositories, 'other.git');
    await git.init({ fs, gitdir: other, bare: true, defaultBranch: 'main' });
    await commit(other, {
      'catalog-info.yaml': component.replace('iris-project', 'other-project'),
    });
    await until('the other repository is read', async () =>
      (await refs()).includes('component:default/other-project'),
    );
    expect(await refs()).toContain('component:default/iris-project');
  });
});
