import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { HostAddress } from '@model-platform/model-wire';
import { compilePythonRuntime } from './compilePythonRuntime';
import { DataFolder } from './DataFolder';
import { Host, HostLog } from './Host';
import { HostLock } from './HostLock';
import { HostServer } from './HostServer';
import { readHostSettings } from './HostSettings';
import { writeJsonFile } from './jsonFile';
import { packageFolder } from './packageFolder';
import { RunnerLogs } from './RunnerLogs';
import { startTimeOf } from './startTimeOf';

const HOUSEKEEPING_MS = 10_000;

const log: HostLog = (level, message, facts = {}) => {
  process.stdout.write(
    `${JSON.stringify({
      at: new Date().toISOString(),
      level,
      message,
      ...facts,
    })}\n`,
  );
};

// A full disk, or nobody who reads, costs lines of the log and nothing else.
process.stdout.on('error', () => {});

async function main(): Promise<void> {
  // Before anything else: who ends it while it starts wants gateway and runners of an earlier one ended too.
  const askedToEnd = new Promise<void>(done => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => done());
    }
  });
  const settings = readHostSettings(process.env, {
    pythonPath: resolve(
      packageFolder('@model-platform/model-host'),
      '../model-runner-python',
    ),
  });
  const folder = new DataFolder(settings.dataDir);
  const lock = HostLock.acquire(folder.lockFile);
  compilePythonRuntime(settings);
  const host = Host.start(settings, folder, log);
  const logs = new RunnerLogs(folder.runnerLogs);
  const secret = randomBytes(32).toString('base64url');
  const server = new HostServer({ host, logs, secret, log });
  const address: HostAddress = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    url: await server.listen(),
    secret,
  };
  writeJsonFile(folder.addressFile, address);
  log('info', 'host is listening', { url: address.url, pid: process.pid });

  const tidy = async (work: () => Promise<void> | void) => {
    try {
      await work();
    } catch (error) {
      log('warn', `logs could not be tidied up: ${(error as Error).message}`);
    }
  };
  const housekeeping = setInterval(async () => {
    // First what gives room.
    await tidy(() => {
      const { deployments } = host.state();
      logs.clean(
        new Set(
          Object.values(deployments).flatMap(({ runners }) =>
            runners.map(({ id }) => id),
          ),
        ),
      );
    });
    await tidy(() => logs.rotate([folder.gatewayLog]));
  }, HOUSEKEEPING_MS);

  await askedToEnd;
  log('info', 'host is stopping');
  clearInterval(housekeeping);
  server.stop();
  await host.stop();
  rmSync(folder.addressFile, { force: true });
  lock.release();
  log('info', 'host has stopped');
  process.exit(0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
