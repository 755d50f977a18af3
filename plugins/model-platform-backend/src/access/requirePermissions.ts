import { Config } from '@backstage/config';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Throws in production where permissions are off and others can reach the platform. */
export function requirePermissions(config: Config): void {
  if (
    process.env.NODE_ENV !== 'production' ||
    config.getOptionalBoolean('permission.enabled') === true
  ) {
    return;
  }
  const listen = config.getOptional('backend.listen');
  const host =
    typeof listen === 'string'
      ? listen.replace(/:\d*$/, '').replace(/^\[|\]$/g, '')
      : config.getOptionalString('backend.listen.host');
  if (host === undefined || !LOOPBACK.test(host)) {
    throw new Error(
      'permission.enabled is not true, so that everybody who reaches this platform may do everything with every model. Set permission.enabled: true, or bind backend.listen.host to 127.0.0.1',
    );
  }
}
