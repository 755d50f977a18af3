import { Pool } from 'undici';
import { quantile } from './BenchPlatform.mjs';

/**
 * Calls a server over kept connections without Nagle's delay, as many at a
 * time as there are connections.
 *
 * @param call - makes the n-th request: `{ method?, path, headers?, body? or bytes? }`
 * @returns sorted latencies in milliseconds, and calls a second
 */
export async function load(url, { call, calls, connections = 1, warmUp = 0 }) {
  const pool = new Pool(url, {
    connections,
    pipelining: 1,
    connect: { noDelay: true },
  });
  const latencies = [];
  let next = 0;
  const work = async until => {
    while (next < until) {
      const index = next++;
      const { body, bytes, headers, ...request } = call(index);
      const begin = performance.now();
      const response = await pool.request({
        method: 'GET',
        ...request,
        body: bytes ?? (body && JSON.stringify(body)),
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
      });
      const text = await response.body.text();
      latencies.push(performance.now() - begin);
      if (response.statusCode >= 400)
        throw new Error(`${request.path}: ${response.statusCode} ${text}`);
    }
  };
  const all = until =>
    Promise.all(Array.from({ length: connections }, () => work(until)));
  try {
    await all(warmUp);
    latencies.length = 0;
    const begin = performance.now();
    await all(warmUp + calls);
    const seconds = (performance.now() - begin) / 1000;
    latencies.sort((left, right) => left - right);
    return {
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      perSecond: calls / seconds,
    };
  } finally {
    await pool.close();
  }
}
