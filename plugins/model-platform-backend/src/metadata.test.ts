import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  draftRequest,
  fileOf,
  publisherToken,
  readerToken,
  TestPlatform,
} from './__testUtils__/TestPlatform';
import { until } from './__testUtils__/until';

const root = path.resolve(__dirname, '../../..');
const mira = 'user:default/mira';
const arun = 'user:default/arun';

jest.setTimeout(90_000);

const text = (content: Buffer) => content.toString('utf8');
const mlmodel = text(
  readFileSync(
    path.join(root, 'packages/model-file-reader/src/__fixtures__/MLmodel'),
  ),
);

describe('metadata of models', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    execFileSync(process.execPath, [
      path.join(root, 'packages/model-file-reader/scripts/build.cjs'),
    ]);
    platform = await TestPlatform.start({
      metadataSchemas: [
        {
          type: 'ml',
          mode: 'extend',
          name: 'stewardship',
          version: '7',
          schema: {
            required: ['steward'],
            properties: {
              steward: {
                type: 'string',
                format: 'entity-ref',
                description: 'Who answers for its data',
                examples: ['group:default/botany-ml'],
              },
            },
          },
        },
      ],
    });
  });

  afterAll(() => platform.stop());

  const steward = { steward: 'group:default/botany-ml' };
  const checked = async (name: string, metadata: object) =>
    (
      await platform
        .call('post', `v1/models/${name}/versions?dryRun=true`, mira)
        .send(draftRequest(name, { metadata }))
    ).body.problems;

  it('refuses by the schema that extends the platform, and remembers both', async () => {
    expect(await checked('iris', {})).toEqual([
      {
        field: 'metadata.steward',
        rule: 'is missing: Who answers for its data',
        example: 'group:default/botany-ml',
        source: 'stewardship, version 7',
      },
    ]);
    expect(
      await checked('iris', { steward: 'group:default/nobody', license: 'X' }),
    ).toMatchObject([
      { field: 'metadata.license', given: 'X', example: 'Apache-2.0' },
      { field: 'metadata.steward', given: 'group:default/nobody' },
    ]);
    const { version } = await platform.publish(
      draftRequest('iris', { metadata: steward }),
      [fileOf('model.onnx', 'weights of iris')],
    );
    expect(version.schemas).toEqual([
      { name: 'platform', version: '2', digest: expect.any(String) },
      { name: 'stewardship', version: '7', digest: expect.any(String) },
    ]);
    // It is no ONNX model; its signature was given, so that is only noted.
    expect(version.readings).toEqual([
      { path: 'model.onnx', format: 'onnx', problem: expect.any(String) },
    ]);
    const schema = await platform.call(
      'get',
      'v1/metadata-schemas/ml?system=plant-catalogue',
      mira,
    );
    expect(schema.body).toMatchObject({
      type: 'ml',
      schemas: version.schemas,
      digest: expect.stringMatching(/^sha256:/),
    });
  });

  it.each<[string, string, (name: string) => object]>([
    ['group:default/management', 'group:default/nobody', owner => ({ owner })],
    ['patient-care', 'nowhere', system => ({ system })],
    [
      'group:default/management',
      'group:default/nobody',
      one => ({ sharedWith: [one] }),
    ],
    ['group:default/management', 'group:default/nobody', one => ({ one })],
  ])(
    'tells whether the catalog has %s or %s only whom it lets publish',
    async (there, missing, modelOf) => {
      const answer = async (
        name: string,
        as: string,
        query = '',
        more = {},
      ) => {
        const { one, ...model } = modelOf(name) as { one?: string };
        const { status, body } = await platform
          .call('post', `v1/models/hidden/versions${query}`, as)
          .send(
            draftRequest('hidden', {
              model: { ...model, ...more },
              metadata: { steward: one ?? 'group:default/botany-ml' },
            }),
          );
        return `${status} ${JSON.stringify(body)}`.replaceAll(name, 'it');
      };
      for (const as of [readerToken, 'user:default/dana'])
        for (const query of ['', '?dryRun=true'])
          for (const more of [{}, { description: '' }])
            expect(await answer(there, as, query, more)).toBe(
              await answer(missing, as, query, more),
            );
      const told = await answer(missing, 'user:default/pat', '?dryRun=true');
      expect(told).toContain('"given":"it"');
      expect(
        await answer(there, 'user:default/pat', '?dryRun=true'),
      ).not.toContain('"given"');
    },
  );

  const mlflow = (name: string, version: object, content = mlmodel) => {
    const files = [fileOf('MLmodel', content), fileOf('data.bin', name)];
    const draft = draftRequest(name, {
      metadata: steward,
      version: { flavor: 'pyfunc', runtime: 'python', ...version },
      files,
    });
    return { draft, files };
  };

  it('fills a version in from what its files say', async () => {
    const { draft, files } = mlflow('ill', { signature: undefined });
    const { version } = await platform.publish(draft, files);
    expect(version).toMatchObject({
      status: 'ready',
      signature: {
        inputs: [
          { name: 'age', type: 'integer' },
          { name: 'bmi', type: 'number' },
          { name: 'bp', type: 'number' },
        ],
        outputs: [{ name: 'ill', type: 'boolean' }],
      },
      evaluation: { accuracy: 0.9 },
      provenance: { trainingRun: '5f0c1d' },
      readings: [{ path: 'MLmodel', format: 'mlflow' }],
    });
    // The same again is the same version.
    expect((await platform.publish(draft, files)).unchanged).toBe(true);
  });

  it('refuses by field what contradicts them, and takes it corrected', async () => {
    const signature = {
      inputs: [
        { name: 'age', type: 'string' },
        { name: 'bmi', type: 'number' },
      ],
      outputs: [{ name: 'ill', type: 'boolean' }],
    };
    const { draft, files } = mlflow('ill-too', { signature });
    await expect(platform.publish(draft, files)).rejects.toThrow(
      /signature\.inputs\[0\]\.type.*signature\.inputs.*lacks bp/s,
    );
    const gone = await platform.call('get', 'v1/models/ill-too', mira);
    expect(gone.status).toBe(404);
    const right = mlflow('ill-too', { signature: undefined });
    expect((await platform.publish(right.draft, files)).version.status).toBe(
      'ready',
    );
  });

  it('keeps of what a file says neither books nor the character NUL', async () => {
    const inputs = Array.from({ length: 300 }, (_, index) => ({
      type: 'long',
      name: `${index}${'x'.repeat(1000)}`,
    }));
    const book = `flavors: {}\nsignature:\n  inputs: ${JSON.stringify(
      JSON.stringify(inputs),
    )}\n`;
    const nul = 'flavors: {}\nmetadata:\n  evaluation: {"accuracy\\0": 0.9}\n';
    for (const [name, content, problem] of [
      ['book', book, /says more of itself than the 200000 characters/],
      ['nul', nul, /has the character NUL/],
    ] as const) {
      const { draft, files } = mlflow(name, {}, content);
      const { version } = await platform.publish(draft, files);
      expect(version).toMatchObject({
        status: 'ready',
        readings: [
          {
            path: 'MLmodel',
            format: 'mlflow',
            problem: expect.stringMatching(problem),
          },
        ],
      });
    }
  });

  it('asks for a signature at once where no file can say it', async () => {
    const { draft } = mlflow('mute', {
      signature: undefined,
      endpoint: 'data.bin',
    });
    const refused = await platform
      .call('post', 'v1/models/mute/versions', mira)
      .send(draft);
    expect(refused.body.error.problems).toMatchObject([
      { field: 'signature', rule: 'is missing' },
    ]);
  });

  it('keeps where a version comes from', async () => {
    const provenance = {
      client: 'model-platform-cli/0.1.0',
      commit: '4f1c2a',
      repository: 'https://git.example.com/botany/iris',
      ciRun: 'https://ci.example.com/7',
      trainingRun: 'run-5',
      datasets: [{ name: 'herbarium', version: '2024-12', uri: 's3://h/24' }],
    };
    const { version } = await platform.publish(
      draftRequest('provenance', {
        metadata: steward,
        version: { provenance },
      }),
      [fileOf('model.onnx', 'weights of provenance')],
    );
    expect(version).toMatchObject({ provenance, publisher: mira });
  });

  it('tells which models fall short since a schema was tightened', async () => {
    // As if it had been published before there was that schema.
    const before = await TestPlatform.start({}, [], platform.directory);
    await before.publish(draftRequest('before'), [
      fileOf('model.onnx', 'weights of before'),
    ]);
    await before.publish(
      draftRequest('complete', { metadata: { ...steward, colour: 'red' } }),
      [fileOf('model.onnx', 'weights of complete')],
    );
    expect(
      (await before.call('get', 'v1/metadata-compliance', mira)).body,
    ).toMatchObject({ items: [], totals: { complete: 2, incomplete: 0 } });
    await before.stop({ keep: true });

    const after = await TestPlatform.start(
      {
        metadataSchemas: [
          {
            type: 'ml',
            mode: 'extend',
            name: 'stewardship',
            version: '8',
            schema: { required: ['steward'] },
          },
        ],
      },
      [],
      platform.directory,
    );
    const report = await until('the report of what falls short', async () => {
      const { body } = await after.call('get', 'v1/metadata-compliance', mira);
      return body.items.length > 0 && body;
    });
    expect(report).toMatchObject({
      items: [
        {
          slug: 'before',
          complete: false,
          version: 1,
          problems: [
            {
              field: 'metadata.steward',
              rule: 'is missing',
              source: 'stewardship, version 8',
            },
          ],
          schemas: [{ name: 'platform' }, { version: '8' }],
        },
      ],
      totals: { complete: 1, incomplete: 1 },
    });
    // It stays published, found and named as one that needs attention.
    const list = await after.call(
      'get',
      'v1/models?filter=complete=false&facets=complete',
      mira,
    );
    expect(list.body).toMatchObject({
      items: [{ name: 'before', metadataComplete: false }],
      facets: { complete: [{ value: 'false', count: 1 }] },
    });
    const asked = await after.call(
      'get',
      `v1/metadata-compliance?filter=${encodeURIComponent(
        'type=ml and complete=true',
      )}`,
      mira,
    );
    expect(asked.body.items).toMatchObject([{ slug: 'complete' }]);
    const kpis = await after.call('get', 'v1/kpis/overview', mira);
    expect(kpis.body.attention).toContainEqual({
      kind: 'incomplete',
      slug: 'before',
      name: 'before',
      message: "It falls short of today's rules: metadata.steward",
    });
    const one = await after.call(
      'get',
      'v1/models/before/metadata-compliance',
      mira,
    );
    expect(one.body).toEqual(report.items[0]);

    // Who may not see the model learns nothing of it.
    const stranger = 'user:default/dana';
    expect(
      (await after.call('get', 'v1/metadata-compliance', stranger)).body,
    ).toMatchObject({ items: [], totals: { complete: 0, incomplete: 0 } });
    expect(
      (
        await after.call(
          'get',
          'v1/models/before/metadata-compliance',
          stranger,
        )
      ).status,
    ).toBe(404);
    expect(
      (await after.call('get', 'v1/metadata-compliance', publisherToken)).body
        .items,
    ).toHaveLength(1);
    expect((await after.call('get', 'v1/metadata-compliance')).status).toBe(
      401,
    );

    // The next version that says it makes the model complete.
    await after.publish(draftRequest('before', { metadata: steward }), [
      fileOf('model.onnx', 'weights of before'),
    ]);
    await until('the model to be complete', async () => {
      const { body } = await after.call('get', 'v1/models/before', arun);
      return body.metadataComplete === true;
    });
    // Free-form fields are kept and found.
    const found = await after.call(
      'get',
      'v1/models?q=red&filter=metadata.colour=red',
      mira,
    );
    expect(found.body.items).toMatchObject([
      { name: 'complete', metadata: { colour: 'red' } },
    ]);
    await after.stop({ keep: true });
  });
});
