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
        catalog: catalogServiceMock({ entities: [memberOf()] }),
        auth: mockServices.auth(),
      }),
      clock: () => now,
    });
    const make = async (name: string, expiresInSeconds?: number) =>
      await tokens.create({
        name,
        grants,
        createdBy: mira,
        makerGroups: [],
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
      madeBy: mira,
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
    const makeAs = async (makerGroups: string[], ...wanted: Grant[]) =>
      await tokens.create({
        name: 'ci',
        grants: wanted,
        createdBy: mira,
        makerGroups,
      });
    const groups = ['group:default/crm', 'group:default/risk'];
    const both = await makeAs(groups, grant(...groups), ...grants);
    const risk = await makeAs(groups, grant('group:default/risk'));
    // Whose rights rest on no group, but on who it is.
    const own = await makeAs([], ...grants);
    // What only the sign-in knows, nobody could look up later.
    const signedIn = [...groups, 'group:default/of-sign-in'];
    for (const wanted of [...grants, grant('group:default/of-sign-in')])
      await expect(makeAs(signedIn, wanted)).rejects.toThrow(
        /the catalog does not know user:default\/mira to be in group:default\/of-sign-in/,
      );
    const crm = await makeAs(signedIn, grant('group:default/crm'));
    const grantsNow = async ({ token }: { token: string }) =>
      (await tokens.authenticate(token)).grants;

    expect(await grantsNow(both)).toHaveLength(2);
    expect(await grantsNow(crm)).toHaveLength(1);
    catalog = catalogServiceMock({ entities: [memberOf('crm', 'others')] });
    now = new Date('2030-01-01T00:01:00.000Z');
    // A grant that names no owner may have rested on the group that was left.
    expect(await grantsNow(both)).toEqual([grant('group:default/crm')]);
    await expect(grantsNow(risk)).rejects.toThrow(
      'user:default/mira, who made it, has left a group',
    );
    catalog = catalogServiceMock();
    now = new Date('2030-01-01T00:02:00.000Z');
    for (const token of [both, own, crm])
      await expect(grantsNow(token)).rejects.toThrow(
        'user:default/mira, who made it, is not in the catalog any more',
      );
    await expect(makeAs([], ...grants)).rejects.toThrow(
      'the catalog does not know user:default/mira',
    );
    catalog = catalogServiceMock({ entities: [memberOf('crm', 'risk')] });
    now = new Date('2030-01-01T00:03:00.000Z');
    expect(await grantsNow(both)).toHaveLength(2);
    expect(await grantsNow(own)).toHaveLength(1);
  });
});
