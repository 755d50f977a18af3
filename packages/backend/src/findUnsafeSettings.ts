import { Config } from '@backstage/config';
import { isLoopbackHost } from '@model-platform/plugin-auth-backend-module-sample-people';

const SHORTEST_SECRET = 16;

/** Secrets by their place in the configuration; each must be somebody's own. */
const SECRETS = ['auth.session.secret', 'backend.database.connection.password'];

const looksDefault = (secret: string) =>
  secret.length < SHORTEST_SECRET ||
  /^(change[-_ ]?me|secret|password|postgres|default|example|backstage)/i.test(
    secret,
  );

/**
 * What makes a configuration unsafe for a platform that others can reach. On
 * loopback nothing is: it is one person's machine.
 *
 * @returns one sentence for each setting: what is wrong and what to do
 */
export function findUnsafeSettings(config: Config): string[] {
  const host = config.getOptionalString('backend.listen.host');
  const loopback = host !== undefined && isLoopbackHost(host);
  if (loopback) return [];
  const found: string[] = [];
  for (const provider of ['sample-people', 'guest']) {
    if (config.has(`auth.providers.${provider}`)) {
      found.push(
        `auth.providers.${provider} lets anybody in. Remove it and configure a real sign-in, such as auth.providers.oidc.`,
      );
    }
  }
  if ((config.getOptionalConfig('auth.providers')?.keys() ?? []).length === 0) {
    found.push(
      'No sign-in is configured. Set auth.providers, for example auth.providers.oidc.',
    );
  }
  if (config.getOptionalBoolean('permission.enabled') !== true) {
    found.push(
      'permission.enabled is not true, so that everybody may do everything. Set it to true.',
    );
  }
  if (
    config.getOptionalBoolean(
      'backend.auth.dangerouslyDisableDefaultAuthPolicy',
    )
  ) {
    found.push(
      'backend.auth.dangerouslyDisableDefaultAuthPolicy opens every route. Remove it.',
    );
  }
  for (const place of SECRETS) {
    const secret = config.getOptionalString(place);
    if (secret !== undefined && looksDefault(secret)) {
      found.push(
        `${place} is a default or too short. Set one of at least ${SHORTEST_SECRET} random characters.`,
      );
    }
  }
  if (
    config.getOptionalString('backend.database.client') === 'better-sqlite3'
  ) {
    found.push(
      'backend.database.client is SQLite, which several replicas cannot share. Set it to pg.',
    );
  }
  return found;
}
