type Environment = Record<string, string | undefined>;

/** This machine is reached without a proxy, whether or not `NO_PROXY` says so. */
const THIS_MACHINE = ['localhost', '127.0.0.1', '::1'];

const proxiesOf = (env: Environment) => ({
  httpProxy: env.http_proxy || env.HTTP_PROXY || undefined,
  httpsProxy: env.https_proxy || env.HTTPS_PROXY || undefined,
});

/** What calls are made with: they take the environment's proxies, where it has some. */
export async function proxyAgent(
  env: Environment,
  limits: { headersTimeout?: number; bodyTimeout?: number } = {},
) {
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({
    ...limits,
    ...proxiesOf(env),
    noProxy: [env.no_proxy || env.NO_PROXY, ...THIS_MACHINE]
      .filter(Boolean)
      .join(','),
  });
}

/**
 * Lets every call take the proxies of `HTTP_PROXY` and `HTTPS_PROXY`, but to
 * the hosts of `NO_PROXY`. Node's own switch for it is younger than the oldest
 * Node that this program runs on.
 */
export async function useProxies(env: Environment): Promise<void> {
  const { httpProxy, httpsProxy } = proxiesOf(env);
  if (!httpProxy && !httpsProxy) return;
  const { setGlobalDispatcher } = await import('undici');
  setGlobalDispatcher(await proxyAgent(env));
}

/** Where a call to an address may have gone through a proxy, what to look at. */
export function proxyHint(address: string, env: Environment): string[] {
  const { httpProxy, httpsProxy } = proxiesOf(env);
  const used = address.startsWith('https:')
    ? httpsProxy ?? httpProxy
    : httpProxy;
  return used
    ? [
        'Calls go through the proxy that HTTPS_PROXY or HTTP_PROXY names; NO_PROXY lists hosts to reach without it.',
      ]
    : [];
}
