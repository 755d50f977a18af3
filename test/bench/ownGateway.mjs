import { createHash } from 'node:crypto';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { freePort } from '../services/freePort.mjs';
import { ServedModels } from './ServedModels.mjs';

const SECRET = 'admin-secret-of-this-bench';
export const TOKEN = 'mpe_token_of_this_bench';

/** The gateway as the local host starts it, with these endpoints, all before one upstream. */
export async function startGateway(upstreamUrl, endpoints) {
  const port = await freePort();
  const adminPort = await freePort();
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const gateway = await ServedModels.start({
    name: 'gateway',
    command: process.execPath,
    args: [
      '--max-semi-space-size=32',
      inRoot('packages/model-gateway/bin/model-gateway.js'),
    ],
    env: {
      PATH: process.env.PATH,
      GATEWAY_PORT: String(port),
      ADMIN_PORT: String(adminPort),
      ADMIN_SECRET: SECRET,
      METRICS_SECRET: 'metrics-secret-of-this-bench',
      REQUEST_ID_SECRET: 'request-id-secret-of-this-bench',
    },
    url: adminUrl,
    ready: '/health/live',
  });
  gateway.url = `http://127.0.0.1:${port}`;
  const routes = Object.entries(endpoints).map(([name, plan]) =>
    routeOf(name, plan, upstreamUrl),
  );
  const response = await fetch(`${adminUrl}/routes`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${SECRET}` },
    body: JSON.stringify({ routes }),
  });
  if (!response.ok) {
    await gateway.stop();
    throw new Error(await response.text());
  }
  return gateway;
}

function routeOf(endpoint, { weights, stickiness }, url) {
  const variants = Object.entries(weights).map(([name, weight], index) => ({
    name,
    weight,
    labels: {
      system: 'bench',
      model: endpoint,
      version: String(index + 1),
      environment: 'bench',
      endpoint,
      variant: name,
      revision: '1',
    },
    runners: [`${endpoint}-${name}`],
  }));
  return {
    endpoint,
    revision: 1,
    variants,
    stickiness,
    tokens: [
      {
        id: 'bench',
        hash: createHash('sha256').update(TOKEN).digest('hex'),
        consumer: 'component:default/bench',
      },
    ],
    limits: { maxBodyBytes: 1_048_576, timeoutMs: 30_000 },
    upstreams: Object.fromEntries(
      variants.flatMap(({ runners: [runner] }) => [
        [runner, { runner, url, secret: 'secret-of-this-bench' }],
      ]),
    ),
  };
}
