import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Loading } from '@model-platform/plugin-model-platform-common';
import { readSignature } from '../model/readSignature';
import { warnOfFiles } from './warnOfFiles';

jest.setTimeout(60_000);

const fixture = (name: string) =>
  path.join(__dirname, '../../../model-file-reader/src/__fixtures__', name);

describe('warnOfFiles', () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-cli-'));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const warn = async (files: Record<string, string | Buffer>) =>
    (
      await warnOfFiles(
        Object.entries(files).map(([name, content]) => {
          const location = path.join(folder, name);
          fs.writeFileSync(location, content);
          return { path: name, location };
        }),
        { signal: new AbortController().signal },
      )
    ).warnings;

  // Put together here, so that no scanner takes this file for one that leaks.
  const token = ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_');

  it('names file and rule of a secret, and never the secret', async () => {
    const warnings = await warn({
      'train.py': `import os\nTOKEN = "${token}"\n`,
      'weights.bin': Buffer.concat([Buffer.alloc(8), Buffer.from(token)]),
      'notes.md': 'Nothing to see',
      'empty.txt': '',
    });
    expect(warnings).toEqual([
      {
        file: 'train.py',
        rule: 'secretlint-rule-github',
        message: expect.stringMatching(/^train\.py, line 2, looks like/),
        isGrave: true,
      },
    ]);
    expect(JSON.stringify(warnings)).not.toContain(token.slice(4));
  });

  it('says nothing of files that cannot be read', async () => {
    const files = ['train.py', 'model.pkl', 'model.joblib'].map(name => ({
      path: name,
      location: path.join(folder, name),
    }));
    // Opens, but cannot be read.
    fs.mkdirSync(files[2].location);
    const { signal } = new AbortController();
    expect(await warnOfFiles(files, { signal })).toEqual({
      warnings: [],
      pickles: [],
    });
    const note = jest.fn();
    const loading = { flavor: 'onnx', runtime: 'node' } as Loading;
    const onnx = { path: 'model.onnx', location: path.join(folder, 'none') };
    expect(await readSignature({}, loading, [onnx], note)).toEqual({
      inputs: [],
      outputs: [],
    });
    expect(note).not.toHaveBeenCalled();
  });

  it('says what a pickle imports, what no model needs first', async () => {
    const warnings = await warn({
      'model.joblib': fs.readFileSync(fixture('pipeline.joblib')),
      'evil.pkl': "csklearn.pipeline\nPipeline\ncos\nsystem\n(S'id'\ntR.",
      'broken.pickle': 'no pickle',
      'model.onnx': 'N.',
    });
    expect(warnings).toMatchObject([
      { file: 'model.joblib', rule: 'pickle', isGrave: false },
      {
        file: 'evil.pkl',
        isGrave: true,
        message: expect.stringContaining(
          'It imports os.system, sklearn.pipeline.Pipeline.',
        ),
      },
      {
        file: 'broken.pickle',
        isGrave: true,
        message: expect.stringContaining('could not be followed'),
      },
    ]);
  });
});
