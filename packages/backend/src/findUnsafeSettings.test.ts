import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { findUnsafeSettings } from './findUnsafeSettings';

const safe = {
  app: { baseUrl: 'https://models.example.org' },
  backend: {
    baseUrl: 'https://models.example.org',
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
  modelPlatform: { environments: [{ name: 'prod', driver: 'kubernetes' }] },
};

/** Bound to one machine and, but for what is given, without any protection. */
const local = {
  app: { baseUrl: 'http://127.0.0.1:7007' },
  backend: {
    baseUrl: 'http://localhost:7007',
    listen: { host: '127.0.0.1' },
    database: { client: 'better-sqlite3' },
  },
  auth: { providers: { 'sample-people': {} } },
};

const find = (config: JsonObject) =>
  findUnsafeSettings(new ConfigReader(config));

describe('findUnsafeSettings', () => {
  it.each<[string, JsonObject]>([
    ['a safe configuration', safe],
    ['no environment at all', { ...safe, modelPlatform: { environments: [] } }],
    [
      'a machine that is trusted with all models',
      {
        ...safe,
        modelPlatform: {
          local: { trusted: true },
          environments: [{ name: 'prod', driver: 'local' }],
        },
      },
    ],
    [
      'a connection string, and no password',
      {
        ...safe,
        backend: {
          ...safe.backend,
          database: {
            client: 'pg',
            connection: 'postgresql://portal@db/portal',
          },
        },
      },
    ],
    ['one machine', local],
    [
      'one machine, in the short form',
      { ...local, backend: { ...local.backend, listen: '127.0.0.1:7007' } },
    ],
  ])('finds nothing in %s', (_name, config) => {
    expect(find(config)).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['listens everywhere', { listen: { host: '0.0.0.0' } }],
    ['listens everywhere, in the short form', { listen: ':7007' }],
    ['has another name', { baseUrl: 'https://models.example.org' }],
    ['only begins like loopback', { baseUrl: 'http://127.0.0.1.example.org' }],
  ])('takes nothing for one machine that %s', (_name, backend) => {
    expect(
      find({ ...local, backend: { ...local.backend, ...backend } }).join(),
    ).toMatch(/sample-people.*SQLite/);
  });

  it.each<[string, JsonObject, RegExp]>([
    [
      'the sign-in as a sample person',
      { auth: { ...safe.auth, providers: { 'sample-people': {} } } },
      /sample-people/,
    ],
    [
      'the guest sign-in',
      { auth: { ...safe.auth, providers: { guest: {}, oidc: {} } } },
      /guest/,
    ],
    ['no sign-in', { auth: { session: safe.auth.session } }, /No sign-in/],
    [
      'permissions switched off',
      { permission: { enabled: false } },
      /permission\.enabled/,
    ],
    [
      'routes without sign-in',
      {
        backend: {
          ...safe.backend,
          auth: { dangerouslyDisableDefaultAuthPolicy: true },
        },
      },
      /dangerouslyDisableDefaultAuthPolicy/,
    ],
    [
      'no session secret',
      { auth: { providers: safe.auth.providers } },
      /auth\.session\.secret is not set/,
    ],
    [
      'a default session secret',
      { auth: { ...safe.auth, session: { secret: 'change-me-please-now' } } },
      /auth\.session\.secret is a default/,
    ],
    [
      'a short session secret',
      { auth: { ...safe.auth, session: { secret: 'q8Zr51' } } },
      /auth\.session\.secret is a default or too short/,
    ],
    [
      'a default password',
      {
        backend: {
          ...safe.backend,
          database: { client: 'pg', connection: { password: 'postgres' } },
        },
      },
      /connection\.password/,
    ],
    [
      'a default password in a connection string',
      {
        backend: {
          ...safe.backend,
          database: {
            client: 'pg',
            connection: 'postgresql://p:postgres@db/p',
          },
        },
      },
      /connection\.password/,
    ],
    [
      'SQLite',
      { backend: { ...safe.backend, database: { client: 'better-sqlite3' } } },
      /backend\.database\.client is SQLite/,
    ],
    [
      'SQLite for one plugin',
      {
        backend: {
          ...safe.backend,
          database: { client: 'pg', plugin: { auth: { client: 'sqlite3' } } },
        },
      },
      /backend\.database\.plugin\.auth\.client is SQLite/,
    ],
    [
      'an address without TLS',
      { app: { baseUrl: 'http://models.example.org' } },
      /app\.baseUrl is 'http:.*TLS/,
    ],
    [
      'environments that are left to the default',
      { modelPlatform: {} },
      /modelPlatform\.environments is not set/,
    ],
    [
      'an environment of the local driver',
      { modelPlatform: { environments: [{ name: 'prod', driver: 'local' }] } },
      /environment prod .* driver local, .* as users of their own only where it allows/,
    ],
    [
      'an environment that names no driver',
      { modelPlatform: { environments: [{ name: 'prod' }] } },
      /environment prod .* driver local/,
    ],
  ])('names %s', (_name, change, message) => {
    const found = find({ ...safe, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});
