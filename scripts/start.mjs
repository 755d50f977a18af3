import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { buildApp, buildPrograms } from './lib/build.mjs';
import {
  loadSecrets,
  lockDataFolder,
  openDataFolder,
  writePrivately,
} from './lib/dataFolder.mjs';
import { exclusively } from './lib/exclusively.mjs';
import { Host } from './lib/Host.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { Portal } from './lib/Portal.mjs';
import { portFrom } from './lib/processes.mjs';
import { fail, PlainError, say, sinceStart, step } from './lib/progress.mjs';
import { ensurePythonRuntime } from './lib/pythonRuntime.mjs';
import { chosenExamples, publishExamples } from './lib/publishExamples.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

/** Settles once all has stopped, from the moment that somebody asks for it. */
let stopping;

/** Ends what a start that fails has started. */
let giveUp = async () => {};

const GOES_ON =
  'Gateway and runners go on serving. `npm start` brings the portal back and finds them again.';

/**
 * `npm start`: everything from a bare clone to a serving platform. This
 * program is the parent of portal and host: it stops both when it is asked to,
 * and leaves the host serving when the portal is lost.
 */
async function main() {
  const ports = {
    portal: portFrom('PORTAL_PORT', 7007),
    gateway: portFrom('GATEWAY_PORT', 7080),
  };
  const bind = '127.0.0.1';
  if (ports.portal === ports.gateway)
    throw new PlainError('PORTAL_PORT and GATEWAY_PORT must differ.');
  const names = chosenExamples(process.env.MODEL_PLATFORM_EXAMPLES);
  const dataDir = openDataFolder();
  const unlock = lockDataFolder(dataDir);
  process.on('exit', unlock);
  // Of a start that was killed, it tells of a portal that is not there.
  const quickstartFile = path.join(dataDir, 'quickstart.json');
  fs.rmSync(quickstartFile, { force: true });

  const host = new Host({ dataDir, bind, port: ports.gateway });
  const portal = new Portal({ dataDir, bind, port: ports.portal });

  const stop = signal => {
    stopping ??= (async () => {
      say(`\nStopping (${signal}) …`);
      fs.rmSync(quickstartFile, { force: true });
      await Promise.all([portal.stop(), host.stop()]);
      say('Stopped: portal, gateway and runners.');
      process.exit(0);
    })().catch(fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => stop(signal));
  // Whoever reads this may ask it to stop from now on.
  say(`Model platform, data in ${dataDir}`);

  await portal.endLeftover();
  await host.find();
  await portal.requireFreePort();
  await host.requireFreePort();

  giveUp = async () => {
    if (host.isFound) {
      say(`\n${GOES_ON}`);
      return;
    }
    say('\nThe start failed; stopping what it has started …');
    await Promise.all([portal.stop(), host.stop()]);
  };
  const secrets = loadSecrets(dataDir);
  const signInKey = randomBytes(24).toString('base64url');
  const python = step('preparing the Python runtime', () =>
    ensurePythonRuntime({ dataDir, log: say }),
  );
  python.catch(() => undefined);
  const toolchain = await exclusively(async () => {
    const found = await ensureToolchain();
    await ensureInstalled(found);
    await buildPrograms();
    return found;
  });
  const hostStarted = python.then(found => {
    if (stopping) return undefined;
    if (found.unavailable)
      say(`  ! Python models are left out: ${found.unavailable}`);
    return host.start(toolchain, found);
  });
  hostStarted.catch(() => undefined);
  await exclusively(() => buildApp(toolchain));
  if (stopping) return;
  portal.start(toolchain, { secrets, signInKey, gatewayPort: ports.gateway });
  await step('starting the portal', () => portal.ready());
  portal.onLost(reason => {
    if (stopping) return;
    say(
      `\nThe portal ended unexpectedly (${reason}); its log: ${portal.logFile}`,
    );
    say(GOES_ON);
    process.exit(1);
  });
  await hostStarted;

  const client = {
    portalUrl: portal.url,
    token: secrets.setupToken,
    signInKey,
  };
  const endpoints = await publishExamples({
    toolchain,
    client,
    secrets,
    pythonAvailable: !(await python).unavailable,
    names,
    isStopping: () => stopping !== undefined,
  });
  if (stopping) return;
  const state = await host.state();
  const quickstart = {
    portalUrl: portal.url,
    signInUrl: `${portal.url}/?key=${signInKey}`,
    gatewayUrl: state.gateway.url,
    mlflowTrackingUri: `${portal.url}/api/model-platform/mlflow`,
    publisherToken: secrets.publisherToken,
    endpoints,
    pids: { portal: portal.pid, gateway: state.gateway.pid },
  };
  writePrivately(
    quickstartFile,
    `${JSON.stringify(quickstart, undefined, 2)}\n`,
  );
  announce(quickstart, quickstartFile);
}

function announce({ portalUrl, signInUrl, endpoints, publisherToken }, file) {
  const endpoint = endpoints[0];
  say(`\nReady after ${sinceStart()}.\n`);
  say(`Portal             ${portalUrl}`);
  say(`Sign in            ${signInUrl}`);
  say(
    '                   as one of the sample people; the key holds until the next start',
  );
  if (endpoint) {
    say('Call a model       ' + `curl -s ${endpoint.url}/predict \\`);
    say(
      `                     -H 'Authorization: Bearer ${endpoint.token}' -H 'Content-Type: application/json' \\`,
    );
    say(
      `                     -d '${JSON.stringify(
        endpoint.exampleRequest,
      ).replaceAll("'", `'\\''`)}'`,
    );
  }
  say(
    `Publish your own   export MODEL_PLATFORM_URL=${portalUrl} MODEL_PLATFORM_TOKEN=${publisherToken}`,
  );
  say(
    '                   npx model-platform publish <folder with a model.yaml>   (examples/ has six)',
  );
  say(
    `\nAll of this for scripts: ${path.relative(
      process.cwd(),
      file,
    )}. Ctrl-C stops everything.`,
  );
}

try {
  await main();
} catch (error) {
  // What is stopped fails at whatever it is about.
  if (stopping) {
    await stopping;
  } else {
    try {
      await giveUp();
    } finally {
      fail(error);
    }
  }
}
