import { randomInt } from 'node:crypto';
import net from 'node:net';

/**
 * Below those that systems give to connections: a server that is away for a
 * moment finds it free when it comes back.
 */
const PORTS = { from: 10_000, to: 32_000 };

/** @returns {Promise<number>} of 127.0.0.1 */
export async function freePort() {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', error =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
