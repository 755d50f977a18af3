import { quantile } from './BenchPlatform.mjs';
import { requestBytes } from './httpExchange.mjs';
import { KeptConnection } from './KeptConnection.mjs';

/**
 * Calls a server over kept connections, as many at a time as there are of them.
 *
 * @param call - makes the n-th request: `{ method?, path, headers?, body? or bytes? }`, or its bytes if it is
 *   always the same
 * @returns sorted latencies in milliseconds, and calls a second
 */
export async function load(url, { call, calls, connections = 1, warmUp = 0 }) {
  const opened = await Promise.all(
    Array.from({ length: connections }, () => KeptConnection.open(url)),
  );
  const latencies = [];
  let next = 0;
  const work = (connection, until) =>
    new Promise((resolve, reject) => {
      const goOn = () => {
        if (next >= until) {
          resolve();
          return;
        }
        const made = call(next++);
        const bytes = Buffer.isBuffer(made) ? made : requestBytes(made);
        const begin = performance.now();
        connection.send(bytes, (error, answer) => {
          latencies.push(performance.now() - begin);
          if (error) reject(error);
          else if (answer.status < 200 || answer.status >= 300)
            reject(new Error(`${answer.status}: ${answer.body}`));
          else goOn();
        });
      };
      goOn();
    });
  const all = until =>
    Promise.all(opened.map(connection => work(connection, until)));
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
    for (const connection of opened) connection.close();
  }
}
