import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { buildPrograms } from './lib/build.mjs';
import {
  loadSecrets,
  lockDataFolder,
  openDataFolder,
} from './lib/dataFolder.mjs';
import { Host } from './lib/Host.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { inRoot } from './lib/paths.mjs';
import { portalEnvironment } from './lib/Portal.mjs';
import { portFrom } from './lib/processes.mjs';
import { fail, say } from './lib/progress.mjs';
import { ensurePythonRuntime } from './lib/pythonRuntime.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

/** `npm run dev`: pages on port 3000 and backend with hot reload, host and gateway as in `npm start`. */
async function main() {
  const bind = '127.0.0.1';
  const ports = {
    portal: portFrom('PORTAL_PORT', 7007),
    gateway: portFrom('GATEWAY_PORT', 7080),
  };
  const dataDir = openDataFolder();
  process.on('exit', lockDataFolder(dataDir));
  const host = new Host({ dataDir, bind, port: ports.gateway });
  await host.find();
  await host.requireFreePort();
  const secrets = loadSecrets(dataDir);
  const signInKey = randomBytes(24).toString('base64url');
  const toolchain = await ensureToolchain();
  await ensureInstalled(toolchain);
  await buildPrograms();
  await host.start(toolchain, await ensurePythonRuntime({ dataDir, log: say }));

  const backstage = spawn(
    toolchain.node,
    [
      inRoot('node_modules/@backstage/cli/bin/backstage-cli'),
      'repo',
      'start',
      '--config',
      inRoot('app-config.yaml'),
      '--config',
      inRoot('app-config.dev.yaml'),
    ],
    {
      cwd: inRoot(),
      stdio: 'inherit',
      env: {
        ...portalEnvironment({
          toolchain,
          bind,
          ports,
          dataDir,
          secrets,
          signInKey,
        }),
        NODE_ENV: 'development',
      },
    },
  );
  say(`Sign in at http://localhost:3000/?key=${signInKey}`);
  say(
    `MODEL_PLATFORM_TOKEN for the CLI: publisherToken in ${path.join(
      dataDir,
      'secrets.json',
    )}`,
  );
  backstage.once('exit', async code => {
    await host.stop();
    process.exit(code ?? 0);
  });
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => backstage.kill('SIGTERM'));
}

try {
  await main();
} catch (error) {
  fail(error);
}
