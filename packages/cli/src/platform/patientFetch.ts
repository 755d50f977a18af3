import { proxyAgent } from './useProxies';

/**
 * `fetch` without a limit of its own, which is five minutes: it waits for the
 * answer until the signal.
 */
export async function patientFetch(
  url: string,
  init: RequestInit & { signal: AbortSignal },
): Promise<Response> {
  const patient: RequestInit & { dispatcher: unknown } = {
    ...init,
    dispatcher: await proxyAgent(process.env, {
      headersTimeout: 0,
      bodyTimeout: 0,
    }),
  };
  return await fetch(url, patient);
}
