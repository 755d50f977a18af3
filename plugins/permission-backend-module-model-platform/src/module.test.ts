import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogPermissions } from '@backstage/plugin-catalog-common/alpha';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  createPermission,
  Permission,
  PermissionCondition,
  PermissionCriteria,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
  PermissionPolicy,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import { scaffolderPermissions } from '@backstage/plugin-scaffolder-common/alpha';
import {
  Model,
  modelPlatformPermissions,
} from '@model-platform/plugin-model-platform-common';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import permissionModuleModelPlatform from '.';

jest.setTimeout(60_000);

type SampleModel = Pick<
  Model,
  'slug' | 'owner' | 'system' | 'visibility' | 'sharedWith'
>;

const models: SampleModel[] = [
  {
    slug: 'iris',
    owner: 'group:default/botany-ml',
    system: 'plant-catalogue',
    visibility: 'system',
    sharedWith: ['group:default/management'],
  },
  {
    slug: 'disease',
    owner: 'group:default/care-analytics',
    system: 'patient-care',
    visibility: 'system',
    sharedWith: ['group:default/management'],
  },
  {
    slug: 'open',
    owner: 'group:default/care-analytics',
    system: 'patient-care',
    visibility: 'everyone',
    sharedWith: [],
  },
  {
    slug: 'lent',
    owner: 'group:default/care-analytics',
    system: 'patient-care',
    visibility: 'system',
    sharedWith: ['system:default/plant-catalogue'],
  },
];

/** The sample organisation as the catalog would have it, with the relations that matter here. */
function sampleOrganisation(): Entity[] {
  const folder = path.resolve(__dirname, '../../../catalog');
  return ['org.yaml', 'systems.yaml']
    .flatMap(file =>
      parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')),
    )
    .map(document => document.toJS() as Entity)
    .map(entity => ({
      ...entity,
      relations:
        typeof entity.spec?.owner === 'string'
          ? [{ type: 'ownedBy', targetRef: entity.spec.owner }]
          : [],
    }));
}

/** What the rules of these names say of a model; the rules themselves are tested where they are. */
function holds(
  criteria: PermissionCriteria<PermissionCondition>,
  model: SampleModel,
): boolean {
  if (isAndCriteria(criteria))
    return criteria.allOf.every(each => holds(each, model));
  if (isOrCriteria(criteria))
    return criteria.anyOf.some(each => holds(each, model));
  if (isNotCriteria(criteria)) return !holds(criteria.not, model);
  const params = criteria.params as { claims: string[]; systems: string[] };
  switch (criteria.rule) {
    case 'IS_OWNER':
      return params.claims.includes(model.owner);
    case 'IS_IN_SYSTEM':
      return params.systems.includes(model.system);
    case 'IS_SHARED_WITH':
      return model.sharedWith.some(ref => params.claims.includes(ref));
    case 'IS_VISIBLE_TO_EVERYONE':
      return model.visibility === 'everyone';
    default:
      throw new Error(`No such rule: ${criteria.rule}`);
  }
}

function allowed(decision: PolicyDecision): string[] {
  if (decision.result !== AuthorizeResult.CONDITIONAL) {
    return decision.result === AuthorizeResult.ALLOW
      ? models.map(model => model.slug)
      : [];
  }
  expect(decision).toMatchObject({
    pluginId: 'model-platform',
    resourceType: 'model-platform-model',
  });
  return models
    .filter(model => holds(decision.conditions, model))
    .map(model => model.slug);
}

const claimsOf: Record<string, string[]> = {
  mira: ['user:default/mira', 'group:default/botany-ml'],
  arun: ['user:default/arun', 'group:default/greenhouse'],
  sofia: ['user:default/sofia', 'group:default/management'],
  pat: ['user:default/pat', 'group:default/platform-admins'],
  dana: ['user:default/dana', 'group:default/care-analytics'],
};

describe('permissionModuleModelPlatform', () => {
  let policy: PermissionPolicy;
  const catalog = catalogServiceMock({ entities: sampleOrganisation() });
  const getEntities = jest.fn(catalog.getEntities.bind(catalog));
  const stops: Array<() => Promise<void>> = [];

  beforeAll(async () => {
    const backend = await startTestBackend({
      extensionPoints: [
        [
          policyExtensionPoint,
          {
            setPolicy: set => {
              policy = set;
            },
          },
        ],
      ],
      features: [
        permissionModuleModelPlatform,
        mockServices.userInfo.mock({
          getUserInfo: async credentials => {
            const { userEntityRef } = (credentials.principal ?? {}) as {
              userEntityRef: string;
            };
            return {
              userEntityRef,
              ownershipEntityRefs: claimsOf[userEntityRef.split('/')[1]],
            };
          },
        }).factory,
        catalogServiceMock.mock({ getEntities }).factory,
      ],
    });
    stops.push(() => backend.stop());
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  const decide = (
    person: string | undefined,
    permission: Permission,
  ): Promise<PolicyDecision> =>
    policy.handle(
      { permission },
      person === undefined
        ? undefined
        : {
            credentials: mockCredentials.user(`user:default/${person}`),
            info: {
              userEntityRef: `user:default/${person}`,
              ownershipEntityRefs: [],
            },
          },
    );

  const everything = models.map(model => model.slug);
  it.each([
    {
      person: 'mira',
      read: ['iris', 'open'],
      call: ['iris'],
      manage: ['iris'],
    },
    {
      person: 'arun',
      read: ['iris', 'open', 'lent'],
      call: ['iris', 'lent'],
      manage: [],
    },
    {
      person: 'sofia',
      read: ['iris', 'disease', 'open'],
      call: ['iris', 'disease'],
      manage: [],
    },
    { person: 'pat', read: everything, call: everything, manage: everything },
    {
      person: 'dana',
      read: ['disease', 'open', 'lent'],
      call: ['disease', 'open', 'lent'],
      manage: ['disease', 'open', 'lent'],
    },
    { person: undefined, read: [], call: [], manage: [] },
  ])(
    'decides on models for $person',
    async ({ person, read, call, manage }) => {
      for (const permission of modelPlatformPermissions) {
        const expected =
          {
            'model-platform.model.read': read,
            'model-platform.endpoint-token.create': call,
          }[permission.name] ?? manage;
        expect([
          permission.name,
          allowed(await decide(person, permission)),
        ]).toEqual([permission.name, expected]);
      }
    },
  );

  it('lets owners publish only into systems that let them in', async () => {
    const publish = modelPlatformPermissions.find(
      ({ name }) => name === 'model-platform.model.publish',
    )!;
    const mayPublish = async (
      person: string,
      owner: string,
      system: string,
    ) => {
      const decision = await decide(person, publish);
      return (
        decision.result === AuthorizeResult.CONDITIONAL &&
        holds(decision.conditions, { ...models[0], owner, system })
      );
    };
    const botany = 'group:default/botany-ml';
    expect(await mayPublish('mira', botany, 'plant-catalogue')).toBe(true);
    expect(await mayPublish('mira', botany, 'patient-care')).toBe(false);
    expect(await mayPublish('mira', botany, '*')).toBe(false);
    expect(
      await mayPublish('mira', 'group:default/greenhouse', 'plant-catalogue'),
    ).toBe(false);
    expect(
      await mayPublish('arun', 'group:default/greenhouse', 'plant-catalogue'),
    ).toBe(true);
    expect(
      await mayPublish('sofia', 'group:default/management', 'plant-catalogue'),
    ).toBe(false);
  });

  it('shows in the catalog what may be read in the registry', async () => {
    expect(
      await decide(
        'arun',
        catalogPermissions.find(({ name }) => name === 'catalog.entity.read')!,
      ),
    ).toEqual({
      result: AuthorizeResult.CONDITIONAL,
      pluginId: 'catalog',
      resourceType: 'catalog-entity',
      conditions: {
        resourceType: 'catalog-entity',
        rule: 'IS_READABLE_MODEL',
        params: { claims: claimsOf.arun, systems: ['plant-catalogue'] },
      },
    });
  });

  it('lets admins change the catalog and templates, and all others use them', async () => {
    const forAdmins = [
      ...catalogPermissions.filter(
        ({ name }) => name !== 'catalog.entity.read',
      ),
      ...scaffolderPermissions.filter(
        ({ name }) =>
          name === 'scaffolder.template.management' ||
          name === 'scaffolder.template.dry-run',
      ),
      createPermission({
        name: 'unknown.thing.change',
        attributes: { action: 'update' },
      }),
      createPermission({ name: 'unknown.thing.do', attributes: {} }),
    ];
    const forAll = [
      ...scaffolderPermissions.filter(
        ({ name }) =>
          ![
            'scaffolder.template.management',
            'scaffolder.template.dry-run',
            'scaffolder.task.read',
            'scaffolder.task.cancel',
          ].includes(name),
      ),
      createPermission({
        name: 'unknown.thing.read',
        attributes: { action: 'read' },
      }),
    ];
    const outcome = async (
      person: string | undefined,
      permissions: Permission[],
    ) =>
      new Set(
        await Promise.all(
          permissions.map(async each => (await decide(person, each)).result),
        ),
      );
    for (const person of Object.keys(claimsOf)) {
      expect([person, await outcome(person, forAdmins)]).toEqual([
        person,
        new Set([person === 'pat' ? 'ALLOW' : 'DENY']),
      ]);
      expect([person, await outcome(person, forAll)]).toEqual([
        person,
        new Set(['ALLOW']),
      ]);
    }
    expect(await outcome(undefined, [...forAdmins, ...forAll])).toEqual(
      new Set(['DENY']),
    );
  });

  it.each(['scaffolder.task.read', 'scaffolder.task.cancel'])(
    'decides %s by who made the task',
    async name => {
      const permission = scaffolderPermissions.find(
        each => each.name === name,
      )!;
      expect(await decide('dana', permission)).toEqual({
        result: AuthorizeResult.CONDITIONAL,
        pluginId: 'scaffolder',
        resourceType: 'scaffolder-task',
        conditions: {
          rule: 'IS_TASK_OWNER',
          resourceType: 'scaffolder-task',
          params: { createdBy: ['user:default/dana'] },
        },
      });
      expect(await decide('pat', permission)).toEqual({
        result: AuthorizeResult.ALLOW,
      });
    },
  );

  it('asks the catalog once for many decisions, and gives no rights while it does not answer', async () => {
    claimsOf.nadia = ['user:default/nadia', 'group:default/greenhouse'];
    getEntities.mockClear();
    getEntities.mockRejectedValueOnce(new Error('starting'));
    expect(allowed(await decide('nadia', modelPlatformPermissions[0]))).toEqual(
      ['open'],
    );
    const decisions = await Promise.all(
      Array.from({ length: 20 }, () =>
        decide('nadia', modelPlatformPermissions[0]),
      ),
    );
    for (const decision of decisions)
      expect(allowed(decision)).toEqual(['iris', 'open', 'lent']);
    expect(getEntities).toHaveBeenCalledTimes(2);
  });
});
