import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { Grant } from '@model-platform/plugin-model-platform-common';
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
    const tokens = new PublisherTokens({ store, clock: () => now });
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
});
