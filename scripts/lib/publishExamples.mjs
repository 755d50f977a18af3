import { inRoot } from './paths.mjs';
import { sleep } from './processes.mjs';
import { PlainError, say, step } from './progress.mjs';
import { run } from './run.mjs';

/** Applications of the sample organisation, for which the printed tokens are made. */
const plantGuide = 'component:default/plant-guide';
const wardPlanner = 'component:default/ward-planner';

/** One of each kind. Model and endpoint are named after the folder. */
const examples = [
  { name: 'iris', consumer: plantGuide },
  { name: 'disease-progression', consumer: wardPlanner, python: true },
  { name: 'watering-plan', consumer: plantGuide },
  { name: 'plant-doctor', consumer: plantGuide },
  { name: 'ward-staffing', consumer: wardPlanner },
  { name: 'planting-advice', consumer: plantGuide },
];

/**
 * @param given - of `MODEL_PLATFORM_EXAMPLES`: names, separated by commas, or `none`; without it all
 * @returns the names
 */
export function chosenExamples(given) {
  const all = examples.map(({ name }) => name);
  if (!given) return all;
  if (given === 'none') return [];
  const names = given.split(',').map(name => name.trim());
  const unknown = names.filter(name => !all.includes(name));
  if (unknown.length > 0)
    throw new PlainError(
      `MODEL_PLATFORM_EXAMPLES names ${unknown.join(
        ', ',
      )}; there are ${all.join(', ')}, and none.`,
    );
  return names;
}

/** Entities that the examples refer to; the catalog reads them shortly after the first start. */
const needed = [
  'group:default/botany-ml',
  'group:default/care-analytics',
  'group:default/management',
  'system:default/plant-catalogue',
  'system:default/patient-care',
];

/**
 * Publishes and deploys the examples through the public API where they are
 * not there yet, and makes a token for each of their endpoints, once.
 *
 * @param names - of those that are wanted; others that are there stay
 * @param isStopping - whether failures are those of a platform that is being stopped
 * @returns the `endpoints` of `quickstart.json`: those that are not switched off
 */
export async function publishExamples({
  toolchain,
  client,
  secrets,
  pythonAvailable,
  names,
  isStopping,
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
  const served = [];
  const missing = [];
  for (const example of examples) {
    const { name, python } = example;
    if (!names.includes(name) || (python && !pythonAvailable)) continue;
    const deployment = await api(`deployments/${name}`);
    if (deployment?.overrides.some(({ kind }) => kind === 'off')) continue;
    served.push(example);
    if (!deployment) missing.push(example);
  }
  if (missing.length > 0) {
    await step('reading the sample organisation into the catalog', () =>
      catalogKnows(needed, client),
    );
  }
  for (const example of served) {
    const folder = `examples/${example.name}`;
    try {
      if (missing.includes(example)) {
        await step(`publishing and deploying ${folder}`, async () => {
          await cli('publish', inRoot(folder), '--json');
          await cli('deploy', inRoot(folder), '--json');
        });
      }
      endpoints.push(await describe(example, api, secrets));
    } catch (error) {
      if (isStopping()) throw error;
      say(`  ! ${folder} is not being served: ${error.message}`);
    }
  }
  const made = endpoints.filter(Boolean);
  await Promise.all(made.map(answers));
  return made;
}

async function describe({ name, consumer }, api, secrets) {
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

/** Waits until an endpoint is ready for the token that is printed; asking so is not counted as a call. */
async function answers({ name, url, token }) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const response = await fetch(`${url}/v2/models/${name}/ready`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    }).catch(error => ({ ok: false, status: error.message }));
    if (response.ok) return;
    if (Date.now() > deadline) {
      say(`  ! ${name} does not answer yet (${response.status})`);
      return;
    }
    await sleep(50);
  }
}

/** Waits until the catalog has these entities, asking as one of the sample people. */
async function catalogKnows(entityRefs, { portalUrl, signInKey }) {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const signedIn = await fetch(
      `${portalUrl}/api/auth/sample-people/refresh`,
      {
        headers: {
          'x-sign-in-key': signInKey,
          'x-sign-in-person': 'user:default/pat',
        },
      },
    );
    const { backstageIdentity } = await signedIn.json();
    const response = await fetch(`${portalUrl}/api/catalog/entities/by-refs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${backstageIdentity?.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ entityRefs, fields: ['kind'] }),
    });
    const { items = [] } = response.ok ? await response.json() : {};
    if (items.length === entityRefs.length && items.every(Boolean)) return;
    if (Date.now() > deadline) {
      throw new PlainError(
        `The catalog has not read the sample organisation after two minutes. See the portal's log for why.`,
      );
    }
    await sleep(250);
  }
}
