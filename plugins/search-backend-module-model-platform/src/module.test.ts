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
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import searchPlugin from '@backstage/plugin-search-backend';
import {
  Model,
  modelPlatformPermissions,
  RESOURCE_TYPE_MODEL,
} from '@model-platform/plugin-model-platform-common';
import { Router } from 'express';
import request from 'supertest';
import searchModuleModelPlatform from '.';

jest.setTimeout(120_000);

function model(slug: string, more: Partial<Model> = {}): Model {
  return {
    id: `id-${slug}`,
    name: `Model ${slug}`,
    slug,
    type: 'ml',
    description: 'Tells flowers apart',
    owner: 'group:default/botany-ml',
    system: 'plant-catalogue',
    lifecycle: 'production',
    visibility: 'system',
    sharedWith: [],
    tags: [],
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'user:default/mira',
    updatedAt: '2026-01-01T00:00:00Z',
    aliases: {},
    current: {
      flavor: 'onnx',
      number: 1,
      status: 'ready',
      theme: 'species-recognition',
      risk: 'minimal',
    },
    metadata: {
      purpose: 'Recognise a plant',
      data: { sources: ['herbarium'] },
    },
    etag: '"1"',
    ...more,
  };
}

it('finds models by what their metadata say, for those who may read them, and follows changes', async () => {
  let models = [
    model('iris'),
    model('secret'),
    model('draft', { current: undefined }),
    model('tulip'),
  ];
  let ready = false;
  const platform = createBackendPlugin({
    pluginId: 'model-platform',
    register(env) {
      env.registerInit({
        deps: {
          http: coreServices.httpRouter,
          httpAuth: coreServices.httpAuth,
        },
        async init({ http, httpAuth }) {
          const router = Router();
          router.get('/v1/models', async (req, res) => {
            await httpAuth.credentials(req, { allow: ['service'] });
            if (!ready) {
              res.status(503).json({
                error: {
                  name: 'ServiceUnavailableError',
                  message: 'starting',
                },
              });
              return;
            }
            const start = Number(req.query.cursor ?? 0);
            res.json({
              items: models.slice(start, start + 1),
              ...(start + 1 < models.length && {
                nextCursor: String(start + 1),
              }),
            });
          });
          http.use(router);
        },
      });
    },
  });
  const permissions = mockServices.permissions.mock({
    authorizeConditional: async requests =>
      requests.map(({ permission }) => {
        expect(modelPlatformPermissions).toContainEqual(permission);
        return {
          result: AuthorizeResult.CONDITIONAL,
          pluginId: 'model-platform',
          resourceType: RESOURCE_TYPE_MODEL,
          conditions: { rule: 'ANY', resourceType: RESOURCE_TYPE_MODEL },
        };
      }),
    authorize: async requests =>
      requests.map(each => ({
        result:
          'resourceRef' in each && each.resourceRef === 'id-secret'
            ? AuthorizeResult.DENY
            : AuthorizeResult.ALLOW,
      })),
  });
  const backend = await startTestBackend({
    features: [
      searchPlugin,
      searchModuleModelPlatform,
      platform,
      // The test backend's own runs a task once.
      schedulerServiceFactory,
      createServiceFactory({
        service: coreServices.permissions,
        deps: {},
        factory: () => permissions,
      }),
      mockServices.rootConfig.factory({
        data: {
          backend: {
            database: { client: 'better-sqlite3', connection: ':memory:' },
          },
          permission: { enabled: true },
          modelPlatform: {
            search: {
              schedule: {
                frequency: { seconds: 1 },
                timeout: { minutes: 1 },
                scope: 'local',
              },
            },
          },
        },
      }),
    ],
  });
  const find = async (term: string) => {
    const { body } = await request(backend.server)
      .get('/api/search/query')
      .query({ term })
      .set('authorization', mockCredentials.user.header());
    return ((body.results ?? []) as Array<{ document: { slug: string } }>).map(
      ({ document }) => document,
    );
  };
  const until = async (term: string, slugs: string[]) => {
    const deadline = Date.now() + 40_000;
    for (;;) {
      const found = await find(term);
      if (
        JSON.stringify(found.map(({ slug }) => slug).sort()) ===
        JSON.stringify(slugs)
      )
        return found;
      if (Date.now() > deadline)
        throw new Error(`${term} still finds ${JSON.stringify(found)}`);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  };
  try {
    ready = true;
    const [iris] = await until('herbarium', ['iris', 'tulip']);
    expect(iris).toMatchObject({
      location: '/catalog/default/model/iris',
      theme: 'species-recognition',
      modelType: 'ml',
    });
    models = [model('tulip'), model('rose')];
    await until('herbarium', ['rose', 'tulip']);
  } finally {
    await backend.stop();
  }
});
