import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunnerManifest } from '@model-platform/model-wire';
import { Registry } from 'prom-client';
import { Logger } from '../Logger';
import { linesFlavor } from '../__testUtils__/linesFlavor';

const manifest: RunnerManifest = {
  formatVersion: 1,
  model: { name: 'a', slug: 'a', system: 's', type: 'ml', description: '' },
  version: 1,
  flavor: 'lines',
  files: ['capitals.csv'],
  signature: {
    inputs: [{ name: 'country', type: 'string' }],
    outputs: [{ name: 'capital', type: 'string', optional: true }],
  },
  metrics: [],
};

const context = {
  languageModelFile: 'none',
  batching: {
    maxRows: 1,
    maxBytes: 1,
    maxDelayMs: 0,
    observe: () => undefined,
    countWaiting: () => undefined,
  },
  registry: new Registry(),
  logger: new Logger(false),
};
const call = { requestId: 'a', signal: new AbortController().signal };

describe('the flavor that the documentation shows', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'lines-'));
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  it('is what it shows', () => {
    const shown = fs.readFileSync(
      path.resolve(__dirname, '../../../../docs/flavors.md'),
      'utf8',
    );
    const code = fs.readFileSync(
      path.resolve(__dirname, '../__testUtils__/linesFlavor.ts'),
      'utf8',
    );
    expect(shown).toContain(code);
  });

  it('answers rows and tensors', async () => {
    fs.writeFileSync(
      path.join(directory, 'capitals.csv'),
      'Austria,Vienna\nJapan,Tokyo\n',
    );
    const model = await linesFlavor.load(manifest, directory, context);
    expect(
      await model.predict(
        [{ country: 'Japan' }, { country: 'Atlantis' }],
        call,
      ),
    ).toEqual([{ capital: 'Tokyo' }, { capital: null }]);
    expect(model.inputs).toEqual([
      { name: 'country', datatype: 'BYTES', shape: [-1, 1] },
    ]);
    const tensor = {
      name: 'country',
      datatype: 'BYTES',
      shape: [2, 1],
      data: ['Austria', 'Japan'],
    };
    expect(await model.infer([tensor], call)).toEqual([
      {
        name: 'capital',
        datatype: 'BYTES',
        shape: [2, 1],
        data: ['Vienna', 'Tokyo'],
      },
    ]);
    await expect(
      model.infer([{ ...tensor, datatype: 'INT64' }], call),
    ).rejects.toMatchObject({ status: 400 });
    await expect(
      model.infer([{ ...tensor, name: 'town' }], call),
    ).rejects.toMatchObject({ status: 400 });
    // What is asked for is not what is sent: nothing is made for these.
    for (const shape of [
      [300_000_000, 0],
      [1, 1_000_000_000, 0],
      [1_001, 1],
    ])
      await expect(
        model.infer(
          [{ ...tensor, shape, data: shape[1] ? Array(1_001).fill('a') : [] }],
          call,
        ),
      ).rejects.toMatchObject({ status: 400 });
  });

  it('says why it does not load', async () => {
    await expect(
      linesFlavor.load({ ...manifest, files: [] }, directory, context),
    ).rejects.toThrow('There is no .csv file among the files of the version.');
  });
});
