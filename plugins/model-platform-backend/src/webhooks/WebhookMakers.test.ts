import { resolvePackagePath } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Entity, RELATION_MEMBER_OF } from '@backstage/catalog-model';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { Authorizer } from '../access/Authorizer';
import { CatalogMemberships } from '../access/CatalogMemberships';
import { Claims } from '../access/Claims';
import { DatabasePublisherTokenStore } from '../access/DatabasePublisherTokenStore';
import { PublisherTokens } from '../access/PublisherTokens';
import { DatabaseWebhookStore } from './DatabaseWebhookStore';
import { WebhookMakers } from './WebhookMakers';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const directory = resolvePackagePath(
  '@model-platform/plugin-model-platform-backend',
  'migrations',
);
const mira = 'user:default/mira';

function memberOf(...groups: string[]): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name: 'mira' },
    relations: groups.map(name => ({
      type: RELATION_MEMBER_OF,
      targetRef: `group:default/${name}`,
    })),
  };
}

describe.each(databases.eachSupportedId())('WebhookMakers, %s', id => {
  it('lets a webhook hear as long as who made it is there, with all its rights', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({ directory });
    let now = new Date('2030-01-01T00:00:00.000Z');
    const clock = () => now;
    let people = [memberOf('crm', 'risk')];
    const memberships = new CatalogMemberships({
      catalog: {
        getEntityByRef: async (...asked) =>
          await catalogServiceMock({ entities: people }).getEntityByRef(
            ...asked,
          ),
      },
      auth: mockServices.auth(),
      clock,
    });
    const tokens = new PublisherTokens({
      store: DatabasePublisherTokenStore.create({ knex }),
      memberships,
      clock,
    });
    let claims = ['group:default/crm', 'group:default/risk'];
    const store = DatabaseWebhookStore.create({ knex, clock });
    const makers = () =>
      new WebhookMakers({
        store,
        memberships,
        tokens,
        claims: new Claims({
          userInfo: mockServices.userInfo({ ownershipEntityRefs: claims }),
        }),
        authorizer: new Authorizer({
          permissions: mockServices.permissions({
            result: AuthorizeResult.ALLOW,
          }),
          permissionsRegistry: mockServices.permissionsRegistry.mock(),
        }),
        logger: mockServices.logger.mock(),
      });
    const person = {
      kind: 'user' as const,
      entityRef: mira,
      credentials: mockCredentials.user(mira),
    };
    const add = async (
      name: string,
      caller: Parameters<WebhookMakers['describe']>[0],
    ) => {
      const at = now.toISOString();
      await store.add({
        id: name,
        system: 's',
        name,
        url: 'https://example.org',
        events: [],
        status: 'ACTIVE',
        createdAt: at,
        updatedAt: at,
        ...(await makers().describe(caller)),
      });
    };
    const readable = async (name: string) =>
      await makers().readableBy((await store.get(name))!);
    const reason = async (name: string) =>
      (await store.get(name))?.disabledBecause;

    const { token } = await tokens.create({
      name: 'ci',
      grants: [
        {
          actions: ['read'],
          systems: ['s'],
          owners: ['group:default/crm'],
        },
      ],
      createdBy: mira,
      makerGroups: claims,
      expiresInSeconds: 600,
    });
    await add('of-person', person);
    await add('of-token', await tokens.authenticate(token));
    await add('of-plugin', { kind: 'service', subject: 'plugin:catalog' });
    expect(await readable('of-person')).toBe(true);
    expect(await readable('of-plugin')).toBe(true);
    const ofToken = await readable('of-token');
    expect(JSON.stringify(ofToken)).toContain('group:default/crm');

    // A group less: the token has what is left, of the person nobody can tell what that is.
    people = [memberOf('crm')];
    now = new Date('2030-01-01T00:05:00.000Z');
    expect(await readable('of-token')).toEqual(ofToken);
    expect(await readable('of-person')).toBe(false);
    expect(await reason('of-person')).toBe(
      'the catalog does not know user:default/mira to be in group:default/risk',
    );
    await expect(makers().describe(person)).rejects.toThrow(
      'You cannot have a webhook: the catalog does not know user:default/mira to be in group:default/risk',
    );
    claims = ['group:default/crm'];
    await store.update('of-person', {
      ...(await makers().describe(person)),
      status: 'ACTIVE',
      disabledBecause: null,
      updatedAt: now.toISOString(),
    });
    expect(await readable('of-person')).toBe(true);

    now = new Date('2030-01-01T00:10:00.000Z');
    expect(await readable('of-token')).toBe(false);
    expect(await reason('of-token')).toMatch(/This token expired/);
    people = [];
    now = new Date('2030-01-01T00:15:00.000Z');
    expect(await readable('of-person')).toBe(false);
    expect(await reason('of-person')).toBe(
      'the catalog does not know user:default/mira',
    );
    await expect(
      makers().describe({
        kind: 'ci',
        identity: 'github',
        actor: 'ci:github:acme/churn',
        grants: [],
        unmet: [],
        provenance: {},
      }),
    ).rejects.toThrow('would outlast it');
  });

  it('finds out who made the webhooks from before', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({ directory });
    const name = '20261126120300_webhook_makers.js';
    await knex.migrate.down({ directory, name });
    const actors = [
      mira,
      'token:ci (0f3c, made by user:default/mira)',
      'ci:github:acme/churn@refs/heads/main#1',
    ];
    const at = '2026-01-01T00:00:00.000Z';
    for (const [index, speaksFor] of actors.entries())
      await knex('webhooks').insert({
        id: `${index}`,
        system: 's',
        name: 'x',
        url: 'https://example.org',
        events: '[]',
        status: 'ACTIVE',
        readable: 'true',
        speaks_for: speaksFor,
        created_at: at,
        updated_at: at,
      });
    const [{ id: historyId }] = await knex('registry_history')
      .insert({ model_id: 'm', at, actor: mira, action: 'published' })
      .returning('id');
    await knex('webhook_deliveries').insert({
      id: 'd',
      webhook_id: '0',
      history_id: historyId,
      event: 'e',
      body: '{}',
      status: 'pending',
      attempts: 0,
      created_at: at,
    });
    await knex.migrate.up({ directory, name });
    const store = DatabaseWebhookStore.create({ knex });
    expect(
      await Promise.all(actors.map((_, index) => store.get(`${index}`))),
    ).toMatchObject([
      { maker: mira, makerClaims: [], readable: true, status: 'ACTIVE' },
      { maker: 'token:0f3c', status: 'ACTIVE' },
      { readable: false, status: 'DISABLED' },
    ]);
    expect(await store.getDelivery('0', 'd')).toMatchObject({ modelId: 'm' });
  });
});
