import { ConfigReader } from '@backstage/config';
import { findUnsafeSettings } from './findUnsafeSettings';

const safe = {
  backend: {
    listen: { host: '0.0.0.0', port: 7007 },
    database: {
      client: 'pg',
      connection: { password: 'a-long-and-random-password' },
    },
  },
  permission: { enabled: true },
  auth: {
    session: { secret: 'a-long-and-random-session-secret' },
    providers: { oidc: {} },
  },
};

describe('findUnsafeSettings', () => {
  it('finds nothing in a safe configuration, nor on loopback', () => {
    expect(findUnsafeSettings(new ConfigReader(safe))).toEqual([]);
    expect(
      findUnsafeSettings(
        new ConfigReader({
          backend: { listen: { host: '127.0.0.1' } },
          auth: { providers: { 'sample-people': {} } },
        }),
      ),
    ).toEqual([]);
  });

  it.each([
    [
      'the sign-in as a sample person',
      { ...safe, auth: { ...safe.auth, providers: { 'sample-people': {} } } },
      /sample-people/,
    ],
    [
      'the guest sign-in',
      { ...safe, auth: { ...safe.auth, providers: { guest: {}, oidc: {} } } },
      /guest/,
    ],
    [
      'no sign-in',
      { ...safe, auth: { session: safe.auth.session } },
      /No sign-in/,
    ],
    [
      'permissions switched off',
      { ...safe, permission: { enabled: false } },
      /permission\.enabled/,
    ],
    [
      'a default secret',
      {
        ...safe,
        auth: { ...safe.auth, session: { secret: 'change-me-please-now' } },
      },
      /auth\.session\.secret/,
    ],
    [
      'a default password',
      {
        ...safe,
        backend: {
          ...safe.backend,
          database: { client: 'pg', connection: { password: 'postgres' } },
        },
      },
      /connection\.password/,
    ],
    [
      'no listen address, which means all',
      { ...safe, backend: { database: { client: 'better-sqlite3' } } },
      /SQLite/,
    ],
  ])('names %s', (_name, config, message) => {
    const found = findUnsafeSettings(new ConfigReader(config));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});
