import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { Confinement } from './confinement/Confinement';
import { RunnerGuard } from './RunnerGuard';
import { WatchedProcess } from './WatchedProcess';

/** One of whom somebody else knows whether it is ready. */
function guardOf(): RunnerGuard {
  return new RunnerGuard({
    id: 'hung',
    memoryBytes: undefined,
    cpuCores: undefined,
    requestTimeoutMs: 100,
    graceMs: 100,
    logFile: devNull,
    confinement: {} as Confinement,
  });
}

describe('RunnerGuard', () => {
  it('finds one that hangs in its very first call, and one that hung when it was taken over', async () => {
    let asked = 0;
    const server = createServer(() => {
      asked += 1;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/v2/health/ready`;
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
    try {
      const runner = WatchedProcess.ofChild(child, child.pid!);
      const found = /^answered nothing for 0\.2 s/;
      expect(await guardOf().watch(runner, url, true)).toMatch(found);

      // What was never ready may be loading still.
      const guard = guardOf();
      let reason: string | undefined;
      const watched = guard.watch(runner, url, false).then(end => {
        reason = end;
      });
      const before = asked;
      while (asked < before + 3) await once(server, 'request');
      expect(reason).toBeUndefined();
      guard.noteReady();
      await watched;
      expect(reason).toMatch(found);
    } finally {
      child.kill('SIGKILL');
      server.closeAllConnections();
      server.close();
    }
  });
});
