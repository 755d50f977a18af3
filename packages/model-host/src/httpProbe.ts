import { Agent, request } from 'undici';

/** Without keep-alive: a program that drains is not to wait for us. */
const agent = new Agent({ pipelining: 0, connect: { timeout: 1_000 } });

/** Status of a loopback call; `refused` if nothing listens, `silent` if no answer came in time. */
export async function httpProbe(
  url: string,
  options: {
    headers?: Record<string, string>;
    timeoutMs: number;
    signal?: AbortSignal;
  },
): Promise<number | 'refused' | 'silent'> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  try {
    const { statusCode, body } = await request(url, {
      headers: options.headers,
      dispatcher: agent,
      signal: options.signal
        ? AbortSignal.any([timeout, options.signal])
        : timeout,
    });
    await body.dump();
    return statusCode;
  } catch {
    return timeout.aborted ? 'silent' : 'refused';
  }
}
