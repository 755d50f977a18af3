import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import {
  BackendFeature,
  BackstageCredentials,
  coreServices,
  createBackendModule,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity, RELATION_MEMBER_OF } from '@backstage/catalog-model';
import permissionPlugin from '@backstage/plugin-permission-backend';
import {
  AuthorizeResult,
  isPermission,
} from '@backstage/plugin-permission-common';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  createModelConditionalDecision,
  DraftRequest,
  DraftResponse,
  endpointTokenCreatePermission,
  modelConditions,
  modelReadPermission,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import request, { Test } from 'supertest';
import { modelPlatformPlugin } from '../plugin';

/** Whom the people of the tests speak for. */
const claimsOf: Record<string, { claims: string[]; systems: string[] }> = {
  'user:default/mira': { claims: ['group:default/botany-ml'], systems: [] },
  'user:default/arun': {
    claims: ['group:default/greenhouse'],
    systems: ['plant-catalogue'],
  },
  'user:default/sofia': { claims: ['group:default/management'], systems: [] },
  'user:default/dana': {
    claims: ['group:default/care-analytics'],
    systems: [],
  },
};

export const publisherToken = 'configured-publisher-token-of-tests';
export const readerToken = 'configured-reader-token-of-tests';

const policy = createBackendModule({
  pluginId: 'permission',
  moduleId: 'test-policy',
  register(env) {
    env.registerInit({
      deps: { policy: policyExtensionPoint, userInfo: coreServices.userInfo },
      async init(deps) {
        deps.policy.setPolicy({
          async handle({ permission }, user) {
            const { userEntityRef: ref = '' } = user
              ? await deps.userInfo.getUserInfo(user.credentials)
              : {};
            if (ref === 'user:default/pat')
              return { result: AuthorizeResult.ALLOW };
            const { claims, systems } = claimsOf[ref] ?? {
              claims: [],
              systems: [],
            };
            const owner = modelConditions.isOwner({ claims });
            const shared = [
              modelConditions.isInSystem({ systems }),
              modelConditions.isSharedWith({ claims }),
            ];
            if (isPermission(permission, modelReadPermission)) {
              return createModelConditionalDecision({
                anyOf: [
                  owner,
                  ...shared,
                  modelConditions.isVisibleToEveryone(),
                ],
              });
            }
            return createModelConditionalDecision(
              isPermission(permission, endpointTokenCreatePermission)
                ? { anyOf: [owner, ...shared] }
                : owner,
            );
          },
        });
      },
    });
  },
});

/** Knows people by `claimsOf`. */
const userInfo = createServiceFactory({
  service: coreServices.userInfo,
  deps: {},
  factory: () => ({
    async getUserInfo(credentials: BackstageCredentials) {
      const { userEntityRef } = await mockServices
        .userInfo()
        .getUserInfo(credentials);
      return {
        userEntityRef,
        ownershipEntityRefs: [
          userEntityRef,
          ...(claimsOf[userEntityRef]?.claims ?? []),
        ],
      };
    },
  }),
});

const ON_BEHALF = /^mock-service-token:(.*"obo".*)$/;

/** Says, as the real one does, that a plugin calls on behalf of the user. */
const auth = createServiceFactory({
  service: coreServices.auth,
  deps: { plugin: coreServices.pluginMetadata },
  factory({ plugin }) {
    const mock = mockServices.auth({
      pluginId: plugin.getId(),
      disableDefaultAuthPolicy: false,
    });
    return Object.assign(Object.create(mock), {
      async authenticate(
        token: string,
        options?: { allowLimitedAccess?: boolean },
      ) {
        const { obo } = JSON.parse(ON_BEHALF.exec(token)?.[1] ?? '{}');
        return obo
          ? mockCredentials.user(obo, {
              actor: { subject: 'plugin:model-platform' },
            })
          : await mock.authenticate(token, options);
      },
    });
  },
});

function entity(kind: string, name: string, groups: string[] = []): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind,
    metadata: { name },
    spec: {},
    relations: groups.map(targetRef => ({
      type: RELATION_MEMBER_OF,
      targetRef,
    })),
  };
}

/** A file as a publish announces it. */
export function fileOf(filePath: string, content: string) {
  return {
    path: filePath,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    sizeBytes: Buffer.byteLength(content),
    content,
  };
}

/** A publish that is right in everything. */
export function draftRequest(
  name: string,
  options: {
    model?: object;
    version?: object;
    metadata?: object;
    files?: Array<ReturnType<typeof fileOf>>;
  } = {},
): DraftRequest & { version: VersionSpec } {
  const files = options.files ?? [fileOf('model.onnx', `weights of ${name}`)];
  return {
    model: {
      name,
      type: 'ml',
      owner: 'group:default/botany-ml',
      system: 'plant-catalogue',
      description: 'Tells species of iris by their measures',
      sharedWith: ['group:default/management'],
      tags: ['tabular'],
      ...options.model,
    },
    version: {
      metadata: {
        purpose: 'Tells species of iris by their measures',
        audience: 'Visitors of the greenhouse',
        method: 'Random forest',
        data: { sources: ['Herbarium'], personalData: 'none', period: '1936' },
        theme: 'species-recognition',
        risk: 'minimal',
        ...options.metadata,
      },
      flavor: 'onnx',
      runtime: 'node',
      signature: {
        inputs: [{ name: 'petal_length', type: 'number' }],
        outputs: [{ name: 'species', type: 'string' }],
      },
      ...options.version,
    },
    files: files.map(({ content: _, ...file }) => file),
  };
}

/** The whole plugin on real parts: SQLite, file system, permission backend; only the catalog is in memory. */
export class TestPlatform {
  static async start(
    config: object = {},
    features: BackendFeature[] = [],
    /** A folder that another platform of the test leaves behind; then the database is kept there too. */
    kept?: string,
  ): Promise<TestPlatform> {
    const directory =
      kept ??
      (await fs.mkdtemp(path.join(os.tmpdir(), 'model-platform-test-')));
    const backend = await startTestBackend({
      features: [
        ...features,
        modelPlatformPlugin,
        permissionPlugin,
        policy,
        auth,
        httpAuthServiceFactory,
        permissionsServiceFactory,
        userInfo,
        catalogServiceMock.factory({
          entities: [
            ...[
              'botany-ml',
              'greenhouse',
              'management',
              'care-analytics',
              'care-apps',
            ].map(name => entity('Group', name)),
            ...['plant-catalogue', 'patient-care', 'plant-trials'].map(name =>
              entity('System', name),
            ),
            ...['mira', 'arun', 'sofia', 'dana', 'pat'].map(name =>
              entity('User', name, claimsOf[`user:default/${name}`]?.claims),
            ),
          ],
        }),
        mockServices.rootConfig.factory({
          data: {
            backend: {
              database: {
                client: 'better-sqlite3',
                connection: kept ? { directory: kept } : ':memory:',
              },
            },
            permission: { enabled: true },
            modelPlatform: {
              artifacts: {
                type: 'fs',
                directory: path.join(directory, 'blobs'),
              },
              publishers: [
                {
                  name: 'ci',
                  token: publisherToken,
                  grants: [
                    {
                      actions: ['read', 'publish', 'archive'],
                      systems: ['plant-catalogue'],
                    },
                  ],
                },
                {
                  name: 'reader',
                  token: readerToken,
                  grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
                },
              ],
              metricCatalogue: [
                {
                  name: 'suggestions_made_total',
                  type: 'counter',
                  description: 'Suggestions',
                  better: 'higher',
                },
              ],
              ...config,
            },
          },
        }),
      ],
    });
    return new TestPlatform(
      backend.server,
      `http://localhost:${backend.server.port()}/api/model-platform`,
      directory,
      () => backend.stop(),
    );
  }

  private constructor(
    readonly server: Parameters<typeof request>[0],
    readonly url: string,
    readonly directory: string,
    private readonly stopBackend: () => Promise<void>,
  ) {}

  /** `user:default/mira`, a token, or nobody. */
  call(
    method: 'get' | 'put' | 'post' | 'patch' | 'delete',
    route: string,
    as?: string,
  ): Test {
    const test = request(this.server)[method](`/api/model-platform/${route}`);
    if (as === undefined) return test;
    return test.set(
      'authorization',
      as.startsWith('user:') ? mockCredentials.user.header(as) : `Bearer ${as}`,
    );
  }

  /** Opens, uploads, completes; throws where a step is refused. */
  async publish(
    draft: DraftRequest,
    files: Array<ReturnType<typeof fileOf>>,
    as = 'user:default/mira',
  ): Promise<DraftResponse> {
    const route = `v1/models/${encodeURIComponent(draft.model.name)}/versions`;
    const opened = await this.call('post', route, as).send(draft);
    if (opened.status >= 400) throw new Error(JSON.stringify(opened.body));
    const { version, unchanged, missing } = opened.body as DraftResponse;
    if (unchanged) return opened.body;
    for (const digest of missing) {
      const file = files.find(one => one.digest === digest);
      const put = await this.call(
        'put',
        `${route}/${version.number}/blobs/${digest}`,
        as,
      )
        .set('content-type', 'application/octet-stream')
        .send(file?.content);
      if (put.status !== 201) throw new Error(JSON.stringify(put.body));
    }
    const done = await this.call(
      'post',
      `${route}/${version.number}/complete`,
      as,
    );
    if (done.status !== 200) throw new Error(JSON.stringify(done.body));
    return { version: done.body, unchanged: false, missing };
  }

  async stop(options: { keep?: boolean } = {}): Promise<void> {
    await this.stopBackend();
    if (options.keep) return;
    await fs.rm(this.directory, { recursive: true, force: true });
  }
}
