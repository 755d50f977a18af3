import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { Entity, RELATION_MEMBER_OF } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { Grant } from '@model-platform/plugin-model-platform-common';
import { CatalogMemberships } from './CatalogMemberships';
import { DatabasePublisherTokenStore } from './DatabasePublisherTokenStore';
import { hashToken, PublisherTokens } from './PublisherTokens';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const grants: Grant[] = [{ actions: ['read'], systems: ['crm'] }];

describe.each(databases.eachSupportedId())('PublisherTokens, %s', id => {
  it('knows tokens until they expire, are revoked, or leave the configuration', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@model-platform/plugin-model-platform-backend',
        'migrations',
      ),
    });
    let now = new Date('2030-01-01T00:00:00.000Z');
    const store = DatabasePublisherTokenStore.create({ knex });
    const tokens = new PublisherTokens({
      store,
      memberships: new CatalogMemberships({
        catalog: catalogServiceMock(),
        auth: mockServices.auth(),
      }),
      clock: () => now,
    });
    const make = async (name: string, expiresInSeconds?: number) =>
      await tokens.create({
        name,
        grants,
        createdBy: 'user:default/mira',
        expiresInSeconds,
      });

    const short = await make('short', 60);
    const standard = await make('standard');
    expect(standard.expiresAt).toBe('2030-04-01T00:00:00.000Z');
    expect(JSON.stringify(await knex('access_tokens'))).not.toContain(
      short.token,
    );
    expect(await tokens.authenticate(short.token)).toMatchObject({
      kind: 'token',
      name: 'short',
      madeBy: 'user:default/mira',
      grants,
    });
    await expect(tokens.authenticate(`${short.token}x`)).rejects.toThrow(
      'not valid',
    );
    now = new Date('2030-01-01T00:01:00.000Z');
    await expect(tokens.authenticate(short.token)).rejects.toThrow('expired');
    await tokens.revoke(standard.id);
    await expect(tokens.authenticate(standard.token)).rejects.toThrow(
      'revoked',
    );

    const configured = (name: string, token: string) => ({
      name,
      hash: hashToken(token),
      grants,
    });
    await tokens.configure([
      configured('a', 'token-a'),
      configured('b', 'token-b'),
    ]);
    await tokens.configure([configured('renamed', 'token-a')]);
    expect((await tokens.authenticate('token-a')).name).toBe('renamed');
    await expect(tokens.authenticate('token-b')).rejects.toThrow('revoked');
    await tokens.configure([
      configured('a', 'token-a'),
      configured('b', 'token-b'),
    ]);
    expect((await tokens.authenticate('token-b')).name).toBe('b');

    const first = await tokens.list({ limit: 3 });
    const rest = await tokens.list({ limit: 3, after: first[2].id });
    expect(new Set([...first, ...rest].map(token => token.id)).size).toBe(4);
  });

  it('lets a token do no more than the groups of its maker still let it', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@model-platform/plugin-model-platform-backend',
        'migrations',
      ),
    });
    let now = new Date('2030-01-01T00:00:00.000Z');
    const clock = () => now;
    const memberOf = (...groups: string[]): Entity => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'User',
      metadata: { name: 'mira' },
      relations: groups.map(name => ({
        type: RELATION_MEMBER_OF,
        targetRef: `group:default/${name}`,
      })),
    });
    let catalog = catalogServiceMock({ entities: [memberOf('crm', 'risk')] });
    const tokens = new PublisherTokens({
      store: DatabasePublisherTokenStore.create({ knex }),
      memberships: new CatalogMemberships({
        catalog: {
          getEntityByRef: async (...asked) =>
            await catalog.getEntityByRef(...asked),
        },
        auth: mockServices.auth(),
        clock,
      }),
      clock,
    });
    const grant = (...owners: string[]): Grant => ({
      actions: ['publish'],
      systems: ['crm'],
      owners,
    });
    const make = async (...wanted: Grant[]) =>
      await tokens.create({
        name: 'ci',
        grants: wanted,
        createdBy: 'user:default/mira',
      });
    const both = await make(
      grant('group:default/crm', 'group:default/risk'),
      ...grants,
    );
    const risk = await make(grant('group:default/risk'));
    const grantsNow = async ({ token }: { token: string }) =>
      (await tokens.authenticate(token)).grants;

    expect(await grantsNow(both)).toHaveLength(2);
    catalog = catalogServiceMock({ entities: [memberOf('crm', 'others')] });
    now = new Date('2030-01-01T00:01:00.000Z');
    // A grant that names no owner may have rested on the group that was left.
    expect(await grantsNow(both)).toEqual([grant('group:default/crm')]);
    await expect(grantsNow(risk)).rejects.toThrow(
      'user:default/mira, who made it, has left a group',
    );
    catalog = catalogServiceMock();
    now = new Date('2030-01-01T00:02:00.000Z');
    await expect(grantsNow(both)).rejects.toThrow('has left a group');
    catalog = catalogServiceMock({ entities: [memberOf('crm', 'risk')] });
    now = new Date('2030-01-01T00:03:00.000Z');
    expect(await grantsNow(both)).toHaveLength(2);
  });
});
