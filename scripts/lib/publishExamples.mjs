import { inRoot } from './paths.mjs';
import { PlainError, say, step } from './progress.mjs';
import { run } from './run.mjs';

/** The examples and what they need. A folder with a `model-deployment.yaml` is deployed under the name in there. */
const examples = [
  { folder: 'examples/iris', model: 'iris', endpoint: 'iris', runtime: 'node' },
  {
    folder: 'examples/disease-progression',
    model: 'disease-progression',
    endpoint: 'disease-progression',
    runtime: 'python',
  },
];

/** An application of the sample organisation, for which the printed tokens are made. */
const consumer = 'component:default/plant-guide';

/**
 * Publishes and deploys the examples through the public API where they are
 * not there yet, and makes a token for each of their endpoints, once.
 *
 * @returns the `endpoints` of `quickstart.json`
 */
export async function publishExamples({
  toolchain,
  client,
  secrets,
  pythonAvailable,
}) {
  const api = async (route, init = {}) => {
    const response = await fetch(
      `${client.portalUrl}/api/model-platform/v1/${route}`,
      {
        ...init,
        headers: {
          authorization: `Bearer ${client.token}`,
          'content-type': 'application/json',
          ...init.headers,
        },
        signal: AbortSignal.timeout(30_000),
      },
    );
    if (response.status === 404) return undefined;
    const body = await response.json();
    if (!response.ok)
      throw new PlainError(
        `${route}: ${response.status} ${body.error?.message ?? ''}`,
      );
    return body;
  };
  const cli = (...args) =>
    run(
      toolchain.node,
      [inRoot('packages/cli/bin/model-platform.js'), ...args],
      {
        env: {
          ...toolchain.env,
          MODEL_PLATFORM_URL: client.portalUrl,
          MODEL_PLATFORM_TOKEN: secrets.publisherToken,
        },
      },
    );

  const endpoints = [];
  for (const example of examples) {
    if (example.runtime === 'python' && !pythonAvailable) continue;
    try {
      if (!(await api(`deployments/${example.endpoint}`))) {
        await step(`publishing and deploying ${example.folder}`, async () => {
          await cli('publish', inRoot(example.folder), '--json');
          await cli('deploy', inRoot(example.folder), '--json');
        });
      }
      endpoints.push(await describe(example, api, secrets));
    } catch (error) {
      say(`  ! ${example.folder} is not being served: ${error.message}`);
    }
  }
  return endpoints.filter(Boolean);
}

async function describe({ endpoint: name }, api, secrets) {
  const endpoint = await api(`endpoints/${name}`);
  if (!endpoint) return undefined;
  let kept = secrets.endpointTokens[name];
  const known =
    kept &&
    (await api(`endpoints/${name}/tokens`))?.items.find(
      ({ id }) => id === kept.id,
    );
  if (!known || known.revokedAt) {
    const made = await api(`endpoints/${name}/tokens`, {
      method: 'POST',
      body: JSON.stringify({ consumer }),
    });
    kept = { id: made.id, token: made.token };
    secrets.endpointTokens[name] = kept;
    secrets.save();
  }
  return {
    name,
    url: endpoint.url,
    token: kept.token,
    exampleRequest: { inputs: endpoint.example ?? {} },
  };
}
