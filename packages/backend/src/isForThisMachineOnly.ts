import { Config } from '@backstage/config';
import { isLoopbackHost } from '@model-platform/plugin-auth-backend-module-sample-people';

/**
 * Bound to loopback and called by a loopback name. One that listens on
 * loopback under another name has a proxy in front, and is for others.
 */
export function isForThisMachineOnly(config: Config): boolean {
  const urls = ['backend.baseUrl', 'app.baseUrl'].map(place =>
    config.getOptionalString(place),
  );
  return (
    isLoopbackHost(listenHost(config) ?? '') &&
    urls.every(
      url =>
        url !== undefined &&
        URL.canParse(url) &&
        isLoopbackHost(new URL(url).host),
    )
  );
}

/** Undefined means every address. */
function listenHost(config: Config): string | undefined {
  const listen = config.getOptional('backend.listen');
  return typeof listen === 'string'
    ? listen.replace(/:\d*$/, '')
    : config.getOptionalString('backend.listen.host');
}
