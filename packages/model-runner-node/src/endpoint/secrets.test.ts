import path from 'node:path';
import { RUNNER_SECRET_HEADER } from '@model-platform/model-wire';
import { buildRunner, cleanUp, serveModel } from '../__testUtils__/runModel';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

// Code that has their two halves, and never the whole, finds no copy of its own.
const RUNNER_SECRET = 'marked-secret-of-calls';
const METRICS_SECRET = 'marked-secret-of-figures';
const STATE_KEY = `${'marked-secret-of-states'.padEnd(42, '-')}A`;

const SEARCH = `
import fs from 'node:fs';
import inspector from 'node:inspector';
import v8 from 'node:v8';

const isMarked = text => text.split('marked').some((rest, index) => index > 0 && rest.startsWith('-secret-'));

const tried = work => {
  try { return work(); } catch (error) { return error.code; }
};

/** Whatever holds a secret: texts that anything refers to, what the process was started with, what debuggers see. */
async function search() {
  const found = [];
  const chunks = [];
  for await (const chunk of v8.getHeapSnapshot()) chunks.push(chunk);
  const { snapshot, nodes, edges, strings } = JSON.parse(chunks.join(''));
  const fields = snapshot.meta.node_fields.length;
  const marked = new Set(strings.flatMap((text, index) => (isMarked(text) ? [index] : [])));
  for (let at = 0; at < nodes.length; at += fields)
    if (marked.has(nodes[at + 1])) {
      const type = snapshot.meta.node_types[0][nodes[at]];
      found.push(type + ' of ' + referrers(at, { snapshot, nodes, edges, strings }));
    }
  if (isMarked(JSON.stringify(process.env))) found.push('process.env');
  if (isMarked(JSON.stringify(process.report.getReport()))) found.push('report');
  if (isMarked(tried(() => fs.readFileSync('/proc/self/environ', 'latin1')))) found.push('/proc/self/environ');
  if (tried(() => new inspector.Session().connect()) !== 'ERR_ACCESS_DENIED') found.push('inspector');
  return found;
}

function referrers(wanted, { snapshot, nodes, edges, strings }) {
  const { node_fields, edge_fields } = snapshot.meta;
  const names = [];
  let edge = 0;
  for (let at = 0; at < nodes.length; at += node_fields.length)
    for (let left = nodes[at + node_fields.indexOf('edge_count')]; left > 0; left--, edge += edge_fields.length)
      if (edges[edge + 2] === wanted) names.push(strings[nodes[at + 1]] + '.' + (edges[edge] === 1 ? edges[edge + 1] : strings[edges[edge + 1]]));
  return names.filter(name => !isMarked(name)).join(', ');
}
`;

describe.each(['node', 'bpmn'])('endpoint code of the flavor %s', flavor => {
  it('finds no secret of its runner', async () => {
    const { url } = await serveModel(
      {
        flavor,
        endpoint: 'endpoint.mjs',
        files: {
          'endpoint.mjs': `${SEARCH}
const atImport = await search();
let atFirst;
export async function predict(model, { shows, ...row }) {
  // What it looks for is found where it is.
  const shown = shows ? ['marked', 'secret', 'of-nobody'].join('-') : undefined;
  const advanced = await model?.predict([row]);
  atFirst ??= await search();
  const found = [...atImport, ...atFirst, ...(await search())];
  return { found, status: advanced?.[0].status ?? shown?.slice(0, 6) ?? 'none' };
}`,
          'loan.bpmn': {
            copyOf: path.join(
              __dirname,
              '../flavors/bpmn/__fixtures__/loan.bpmn',
            ),
          },
        },
        signature: {
          inputs: [
            { name: 'shows', type: 'boolean' },
            { name: 'plants', type: 'integer', optional: true },
            { name: 'state', type: 'string', optional: true },
            { name: 'signal', type: 'string', optional: true },
          ],
          outputs: [
            { name: 'found', type: 'string', shape: [-1], optional: true },
            { name: 'status', type: 'string' },
          ],
        },
        example: { shows: false, plants: 9 },
      },
      { RUNNER_SECRET, METRICS_SECRET, STATE_KEY },
    );
    const calls = { [RUNNER_SECRET_HEADER]: RUNNER_SECRET };
    const statusOf = async (asked: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}${asked}`, { headers });
      await response.arrayBuffer();
      return response.status;
    };
    // Connections that are kept may know what was said through them last.
    await expect(
      Promise.all([
        statusOf('/metrics', { authorization: `Bearer ${METRICS_SECRET}` }),
        statusOf('/metrics', calls),
        statusOf('/v2/health/ready', calls),
        statusOf('/v2', { [RUNNER_SECRET_HEADER]: METRICS_SECRET }),
      ]),
    ).resolves.toEqual([200, 200, 200, 401]);
    const found = async (shows: boolean) => {
      const response = await fetch(`${url}/predict`, {
        method: 'POST',
        headers: calls,
        body: JSON.stringify({ inputs: { shows, plants: 9 } }),
      });
      expect(response.status).toBe(200);
      return (await response.json()).outputs.found;
    };
    expect(await found(false)).toEqual([]);
    expect(await found(true)).not.toEqual([]);
  });
});
