import { Config } from '@backstage/config';
import { isForThisMachineOnly } from './isForThisMachineOnly';

const SHORTEST_SECRET = 16;
const LOCAL_DRIVER = 'local';

/**
 * What makes a configuration unsafe for a platform that others can reach. On
 * loopback nothing is: it is one person's machine.
 *
 * @returns one sentence for each setting: what is wrong and what to do
 */
export function findUnsafeSettings(config: Config): string[] {
  if (isForThisMachineOnly(config)) return [];
  return [
    ...findInAddresses(config),
    ...findInSignIn(config),
    ...findInPermissions(config),
    ...findInDatabase(config),
    ...findInEnvironments(config),
  ];
}

function* findInAddresses(config: Config) {
  for (const place of ['backend.baseUrl', 'app.baseUrl']) {
    const url = config.getOptionalString(place);
    if (url === undefined) {
      yield `${place} is not set. Set it to the address that people open, https://….`;
    } else if (parseUrl(url)?.protocol !== 'https:') {
      yield `${place} is '${url}', so that sessions and tokens cross the network in the clear. Put TLS in front and set it to https://….`;
    }
  }
}

function* findInSignIn(config: Config) {
  for (const provider of ['sample-people', 'guest']) {
    if (config.has(`auth.providers.${provider}`)) {
      yield `auth.providers.${provider} lets anybody in. Remove it and configure a real sign-in, such as auth.providers.oidc.`;
    }
  }
  if ((config.getOptionalConfig('auth.providers')?.keys() ?? []).length === 0) {
    yield 'No sign-in is configured. Set auth.providers, for example auth.providers.oidc.';
  }
  const secret = config.getOptionalString('auth.session.secret');
  if (secret === undefined) {
    yield `auth.session.secret is not set. Set one of at least ${SHORTEST_SECRET} random characters.`;
  } else if (looksDefault(secret)) {
    yield defaultSecret('auth.session.secret');
  }
}

function* findInPermissions(config: Config) {
  if (config.getOptionalBoolean('permission.enabled') !== true) {
    yield 'permission.enabled is not true, so that everybody may do everything. Set it to true.';
  }
  const open = 'backend.auth.dangerouslyDisableDefaultAuthPolicy';
  if (config.getOptionalBoolean(open)) {
    yield `${open} opens every route. Remove it.`;
  }
}

function* findInDatabase(config: Config) {
  const plugins =
    config.getOptionalConfig('backend.database.plugin')?.keys() ?? [];
  for (const place of [
    'backend.database',
    ...plugins.map(plugin => `backend.database.plugin.${plugin}`),
  ]) {
    const client = config.getOptionalString(`${place}.client`);
    if (client?.includes('sqlite')) {
      yield `${place}.client is SQLite, which several replicas cannot share. Set it to pg.`;
    }
    const password = passwordOf(config.getOptional(`${place}.connection`));
    if (password !== undefined && looksDefault(password)) {
      yield defaultSecret(`${place}.connection.password`);
    }
  }
}

/** Models that the local driver runs share one machine with the portal, whatever keeps them apart there. */
function* findInEnvironments(config: Config) {
  if (config.getOptionalBoolean('modelPlatform.local.trusted') === true) return;
  const environments = config.getOptionalConfigArray(
    'modelPlatform.environments',
  );
  if (!environments) {
    yield 'modelPlatform.environments is not set, which means one with the driver local, for one person on one machine. Name your environments, or set an empty list to run no models.';
    return;
  }
  for (const environment of environments) {
    const driver = environment.getOptionalString('driver') ?? LOCAL_DRIVER;
    if (driver === LOCAL_DRIVER) {
      yield `The environment ${environment.getString(
        'name',
      )} (modelPlatform.environments) has the driver local, whose models run on the portal's own machine, as users of their own only where it allows that. Take another driver, or set modelPlatform.local.trusted to true if everybody who may publish and deploy may also run programs on this machine.`;
    }
  }
}

function passwordOf(connection: unknown): string | undefined {
  if (typeof connection === 'string')
    return parseUrl(connection)?.password || undefined;
  if (typeof connection !== 'object' || connection === null) return undefined;
  const password = 'password' in connection && connection.password;
  return typeof password === 'string' ? password : undefined;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function looksDefault(secret: string): boolean {
  return (
    secret.length < SHORTEST_SECRET ||
    /^(change[-_ ]?me|secret|password|postgres|default|example|backstage)/i.test(
      secret,
    )
  );
}

function defaultSecret(place: string): string {
  return `${place} is a default or too short. Set one of at least ${SHORTEST_SECRET} random characters.`;
}
