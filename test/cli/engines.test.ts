import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, Platform, root } from '../platform/Platform';
import { editModel } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';

const fixtures = path.join(root, 'packages/model-runner-node/src/flavors');

/** What the documentation shows as an LP file. */
const WORKSHOP_IN_MPS = `NAME workshop
OBJSENSE
    MAX
ROWS
 N profit
 L carpentry
 L finishing
COLUMNS
    MARKER 'MARKER' 'INTORG'
    chairs profit 30 carpentry 1
    chairs finishing 2
    tables profit 50 carpentry 2
    tables finishing 1
    MARKER 'MARKER' 'INTEND'
RHS
    RHS carpentry {{hours[0]}} finishing {{hours[1]}}
BOUNDS
 PL BND chairs
 PL BND tables
ENDATA
`;

test.describe('models that are solved, decided and run', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  /** Publishes and deploys a folder by the command line; answers what calls its endpoint. */
  async function serve(folder: string, endpoint: string) {
    for (const command of ['publish', 'deploy']) {
      const { code, stdout, stderr } = await platform.cli([
        command,
        folder,
        '--json',
      ]);
      expect(code, `${stdout}${stderr}`).toBe(0);
    }
    const { token } = await (
      await platform.api(`v1/endpoints/${endpoint}/tokens`, {
        method: 'POST',
        body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
        token: await platform.signIn('mira'),
      })
    ).json();
    return await endpointOf(endpoint, {
      url: `${platform.quickstart.gatewayUrl}/${endpoint}`,
      token,
    });
  }

  /** What calls an endpoint, and its document; of an example without saying where. */
  async function endpointOf(
    name: string,
    {
      url,
      token,
    }: {
      url: string;
      token: string;
    } = platform.quickstart.endpoints.find(endpoint => endpoint.name === name)!,
  ) {
    const call = async (inputs: unknown) => {
      const response = await fetch(`${url}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ inputs }),
      });
      return { status: response.status, body: await response.json() };
    };
    const document = await eventually('the new token is known', async () => {
      const response = await fetch(`${url}/openapi.json`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return response.ok && (await response.json());
    });
    return { call, document };
  }

  test('the example ward-staffing is solved', async () => {
    const { call, document } = await endpointOf('ward-staffing');
    const { status, body } = await call({ needed: [4, 8, 10, 7, 12, 4] });
    expect(status).toBe(200);
    expect(body.outputs).toMatchObject({
      status: 'optimal',
      gap: 0,
      solution: { begin_04: expect.any(Number) },
    });
    expect(
      (await call({ needed: [4, 8, 10, 7, 12, 4], nurses: 1 })).body.outputs,
    ).toMatchObject({ status: 'infeasible', solution: null });
    // The limit comes from the metadata.
    const longer = await call({
      needed: [0, 0, 0, 0, 0, 0],
      timeLimitSeconds: 6,
    });
    expect(longer.status).toBe(400);
    expect(longer.body.error.fields[0].message).toContain('at most 5');
    expect(document.components.schemas.Outputs.properties.solution).toEqual({
      type: ['object', 'null'],
      description: 'How many begin at each hour. Null where there is none.',
    });
  });

  test('the example planting-advice is decided', async () => {
    const { call } = await endpointOf('planting-advice');
    const { status, body } = await call({
      winter_low: -12,
      plant_rating: 5,
      soil: 'wet',
    });
    expect(status).toBe(200);
    expect(body.outputs).toMatchObject({
      needed_rating: 5,
      place: 'raised bed',
      firedRules: [{ decision: 'needed_rating', rule: 5 }, {}, {}, {}],
    });
  });

  test('the models that the documentation shows do what it says', async () => {
    /** `nth`: which of the page's models, of those with more than one. */
    const made = (page: string, file: string, language: string, nth = 0) => {
      const text = fs.readFileSync(path.join(root, 'docs', page), 'utf8');
      const shown = (kind: string) =>
        [...text.matchAll(new RegExp(`\n\`\`\`${kind}\n([^]*?)\`\`\``, 'g'))][
          nth
        ][1];
      const folder = fs.mkdtempSync(
        path.join(os.tmpdir(), 'model-platform-model-'),
      );
      fs.writeFileSync(path.join(folder, file), shown(language));
      fs.writeFileSync(path.join(folder, 'model.yaml'), shown('yaml'));
      return folder;
    };
    const workshop = await serve(
      made('optimization.md', 'workshop.lp', ''),
      'workshop',
    );
    expect((await workshop.call({ hours: [40, 50] })).body.outputs).toEqual({
      status: 'optimal',
      objective: 1100,
      gap: 0,
      chairs: 20,
      tables: 10,
      solveTimeMs: expect.any(Number),
    });
    const inMps = made('optimization.md', 'workshop.lp', '');
    fs.rmSync(path.join(inMps, 'workshop.lp'));
    fs.writeFileSync(path.join(inMps, 'workshop.mps'), WORKSHOP_IN_MPS);
    editModel(inMps, model => {
      model.name = 'workshop-in-mps';
      model.signature.inputs = model.signature.inputs.filter(
        ({ name }: { name: string }) => !name.endsWith('_profit'),
      );
    });
    const same = await serve(inMps, 'workshop-in-mps');
    expect((await same.call({ hours: [40, 50] })).body.outputs).toMatchObject({
      status: 'optimal',
      objective: 1100,
      chairs: 20,
      tables: 10,
    });
    const jobs = made('optimization.md', 'jobs.mzn', 'minizinc');
    editModel(jobs, model => {
      model.name = 'machine-jobs';
      // However busy the machine is.
      model.metadata.timeLimitSeconds = 20;
      model.signature.inputs = [
        { name: 'hours', type: 'integer' },
        { name: 'machine', type: 'string', enum: ['mill', 'lathe'] },
        { name: 'takes', type: 'integer', shape: [3] },
      ];
      model.signature.outputs = [
        { name: 'status', type: 'string' },
        { name: 'objective', type: 'number', optional: true },
        { name: 'taken', type: 'boolean', shape: [3], optional: true },
      ];
      model.example = { hours: 10, machine: 'mill', takes: [4, 5, 3] };
    });
    const machine = await serve(jobs, 'machine-jobs');
    expect(
      (await machine.call({ hours: 8, machine: 'lathe', takes: [4, 5, 3] }))
        .body.outputs,
    ).toEqual({
      status: 'optimal',
      objective: 8,
      taken: [false, true, true],
    });
    const shelves = made('optimization.md', 'endpoint.py', 'python');
    fs.writeFileSync(
      path.join(shelves, 'requirements.txt'),
      'ortools==9.15.6755\n',
    );
    editModel(shelves, model => {
      model.name = 'shelves';
      const sorts = { type: 'integer', shape: [-1] };
      model.signature.inputs = [
        { name: 'worths', ...sorts },
        { name: 'boards', ...sorts },
        { name: 'stock', type: 'integer' },
      ];
      model.signature.outputs = [
        { name: 'status', type: 'string' },
        { name: 'shelves', ...sorts, optional: true },
        { name: 'objective', type: 'number', optional: true },
        { name: 'gap', type: 'number', optional: true },
        { name: 'solveTimeMs', type: 'number' },
      ];
      model.example = { worths: [10, 7], boards: [4, 3], stock: 10 };
    });
    const built = await serve(shelves, 'shelves');
    // Relaxed it would be 2.5 of the first; rounded down, 20.
    const best = await built.call({
      worths: [10, 7],
      boards: [4, 3],
      stock: 10,
    });
    expect(best.body.outputs).toEqual({
      status: 'optimal',
      shelves: [1, 2],
      objective: 24,
      gap: 0,
      solveTimeMs: expect.any(Number),
    });
    const discount = await serve(
      made('process.md', 'discount.dmn', 'xml'),
      'discount',
    );
    expect((await discount.call({ total: 120 })).body.outputs).toEqual({
      discount: 5,
      firedRules: [{ decision: 'discount', rule: 2, id: 'large' }],
    });
    const waiting = made('process.md', 'plant-loan.bpmn', 'xml', 1);
    const tried = await platform.cli(['test', waiting]);
    expect(tried, tried.stderr).toMatchObject({ code: 0 });
    const loan = await serve(waiting, 'plant-loan');
    const { outputs } = (await loan.call({ plants: 9 })).body;
    expect(outputs).toEqual({
      status: 'waiting',
      deposit: 180,
      approved: null,
      waitingFor: [
        { id: 'approve', type: 'UserTask', name: 'Approve a large loan' },
      ],
      state: expect.any(String),
    });
    const ended = await loan.call({
      state: outputs.state,
      signal: 'approve',
      approved: true,
    });
    expect(ended.body.outputs).toEqual({
      status: 'completed',
      deposit: 180,
      approved: true,
      waitingFor: [],
      state: null,
    });
  });

  test('a process goes on where it waited, after its runner was killed', async () => {
    const folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-model-'),
    );
    fs.cpSync(path.join(root, 'examples/planting-advice'), folder, {
      recursive: true,
    });
    fs.rmSync(path.join(folder, 'model-deployment.yaml'));
    fs.cpSync(
      path.join(fixtures, 'bpmn/__fixtures__/loan.bpmn'),
      path.join(folder, 'loan.bpmn'),
    );
    editModel(folder, model => {
      const optional = { optional: true };
      Object.assign(model, {
        name: 'plants-lent',
        flavor: 'bpmn',
        files: ['loan.bpmn'],
        signature: {
          inputs: [
            { name: 'plants', type: 'integer', ...optional },
            { name: 'approved', type: 'boolean', ...optional },
            { name: 'keeper', type: 'string', ...optional },
            { name: 'state', type: 'string', ...optional },
            { name: 'signal', type: 'string', ...optional },
          ],
          outputs: [
            { name: 'status', type: 'string' },
            { name: 'result', type: 'string', ...optional },
            { name: 'waitingFor', type: 'object', shape: [-1] },
            { name: 'state', type: 'string', ...optional },
          ],
        },
        example: { plants: 9 },
      });
      Object.assign(model.metadata, {
        standard: 'BPMN 2.0',
        trigger: 'Somebody asks for plants',
      });
      delete model.deployment;
    });
    const { call } = await serve(folder, 'plants-lent');
    const first = (await call({ plants: 9 })).body.outputs;
    expect(first).toMatchObject({
      status: 'waiting',
      waitingFor: [{ id: 'approve', type: 'UserTask' }],
    });
    const runner = async () =>
      (await (await platform.api('v1/deployments/plants-lent')).json())
        .runners[0];
    const { pid } = await runner();
    process.kill(pid, 'SIGKILL');
    const second = await eventually('another runner answers', async () => {
      const { status, body } = await call({
        state: first.state,
        signal: 'approve',
        approved: true,
      });
      return status === 200 && (await runner()).pid !== pid && body.outputs;
    });
    expect(second.waitingFor).toMatchObject([{ id: 'hand_over' }]);
    const last = await call({
      state: second.state,
      signal: 'hand_over',
      keeper: 'Pat',
    });
    expect(last.body.outputs).toEqual({
      status: 'completed',
      result: 'lent, handed over by Pat',
      waitingFor: [],
      state: null,
    });

    editModel(folder, model => {
      model.metadata.method = 'A process, made better';
    });
    const published = await platform.cli(['publish', folder, '--json']);
    expect(published, published.stderr).toMatchObject({ code: 0 });
    await eventually(
      'version 2 answers',
      async () => (await call({ plants: 1 })).body.model?.version === 2,
    );
    const replayed = await call({ state: first.state, signal: 'approve' });
    expect(replayed.status).toBe(400);
    expect(replayed.body.error.fields[0].path).toBe('inputs.state');
  });
});
