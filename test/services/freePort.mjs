import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/**
 * Below those that systems give to connections: a server that is away for a
 * moment finds it free when it comes back.
 */
const PORTS = { from: 10_000, to: 32_000 };

/** Has a file for each port that somebody has who runs. */
const TAKEN = path.join(
  os.tmpdir(),
  `model-platform-ports-${process.getuid?.() ?? 'all'}`,
);
const mine = [];
process.once('exit', () => {
  for (const file of mine) fs.rmSync(file, { force: true });
});

/**
 * Nobody else gets it while this process runs: suites run side by side, and it
 * may take long until a server listens.
 *
 * @returns {Promise<number>} of 127.0.0.1
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (take(port) && (await isFree(port))) return port;
  }
}

function take(port) {
  const file = path.join(TAKEN, String(port));
  fs.mkdirSync(TAKEN, { recursive: true });
  try {
    fs.writeFileSync(file, '', { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  mine.push(file);
  return true;
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
