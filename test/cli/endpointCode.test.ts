import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, Platform } from '../platform/Platform';
import { editModel, modelFolder } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';

const fixtures = path.join(__dirname, '__fixtures__');
const measurements = [
  'sepal_length',
  'sepal_width',
  'petal_length',
  'petal_width',
];
const setosa = {
  sepal_length: 5.1,
  sepal_width: 3.5,
  petal_length: 1.4,
  petal_width: 0.2,
};
/** Which of the other two only the trees tell that early stopping kept. */
const between = {
  sepal_length: 6,
  sepal_width: 2.7,
  petal_length: 5.1,
  petal_width: 1.6,
};
const virginica = {
  sepal_length: 7.7,
  sepal_width: 2.6,
  petal_length: 6.9,
  petal_width: 2.3,
};

type Field = Record<string, unknown>;

test.describe('models with code and packages of their own', () => {
  let platform: Platform;

  // Packages come from the index, as many as it takes.
  test.setTimeout(900_000);

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  /** A model's folder with these files: texts, or paths to copy. */
  function folderOf(
    name: string,
    files: Record<string, string | { copyOf: string }>,
    change: Record<string, unknown>,
  ): string {
    const folder = modelFolder(name, model => {
      delete model.flavor;
      delete model.files;
      delete model.evaluation;
      // Packages may need more than what the example does.
      delete model.resources;
      Object.assign(model, change);
    });
    const kept = ['model.yaml'];
    for (const file of fs.readdirSync(folder))
      if (!kept.includes(file))
        fs.rmSync(path.join(folder, file), { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      const target = path.join(folder, file);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      if (typeof content === 'string') fs.writeFileSync(target, content);
      else fs.cpSync(content.copyOf, target, { recursive: true });
    }
    return folder;
  }

  const numbers = (outputs: Field[], inputs: Field[] = []) => ({
    signature: {
      inputs: inputs.length ? inputs : [{ name: 'x', type: 'number' }],
      outputs,
    },
    example: inputs.length ? setosa : { x: 1 },
  });

  const flowers = (outputs: Field[]) =>
    numbers(
      outputs,
      measurements.map(name => ({ name, type: 'number' })),
    );

  async function run(...args: string[]) {
    const done = await platform.cli([...args, '--json']);
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    return JSON.parse(done.stdout);
  }

  /** Answer of an endpoint to inputs, by the command line. */
  async function invoke(endpoint: string, inputs: unknown) {
    return (await run('invoke', endpoint, '--data', JSON.stringify(inputs)))
      .outputs;
  }

  /** Publishes and deploys the folder under its model's name, and gives what calls it. */
  async function serve(folder: string, endpoint: string) {
    await run('publish', folder);
    await run('deploy', folder, '--timeout', '500');
    return async (inputs: unknown) => await invoke(endpoint, inputs);
  }

  test('endpoint.ts is served, confined, and its failures are found in the logs', async () => {
    const outside = path.join(os.tmpdir(), `outside-${process.pid}`);
    const folder = folderOf(
      'code-in-typescript',
      {
        'endpoint.ts': `import fs from 'node:fs';
import { twice } from './lib/twice.ts';
const refused = (work: () => void) => {
  try { work(); return 'allowed'; } catch (error) { return (error as NodeJS.ErrnoException).code; }
};
export async function predict(model: unknown, { x }: { x: number }, context) {
  if (x === 13) throw new Error('thirteen');
  context.logger.info('predicted with care');
  return {
    y: twice(x),
    tried: [
      refused(() => fs.writeFileSync(${JSON.stringify(outside)}, 'x')),
      refused(() => fs.readdirSync(${JSON.stringify(platform.dataDir)})),
      refused(() => fs.readFileSync('/etc/hostname')),
    ],
  };
}
`,
        'lib/twice.ts': 'export const twice = (x: number): number => x * 2;\n',
      },
      numbers([
        { name: 'y', type: 'number' },
        { name: 'tried', type: 'string', shape: [3] },
      ]),
    );
    const call = await serve(folder, 'code-in-typescript');
    expect(await call({ x: 21 })).toEqual({
      y: 42,
      tried: Array(3).fill('ERR_ACCESS_DENIED'),
    });
    expect(fs.existsSync(outside)).toBe(false);
    const failed = await platform.cli([
      ...['invoke', 'code-in-typescript', '--data', '{"x": 13}', '--json'],
    ]);
    expect(failed.code).toBe(1);
    const [, requestId] = /request id (\S+)\.$/.exec(
      JSON.parse(failed.stdout).error.message,
    )!;
    const { stack } = await eventually('the trace in the logs', async () =>
      (
        await run('logs', 'code-in-typescript')
      ).items.find((line: Field) => line.requestId === requestId),
    );
    expect(stack).toContain('Error: thirteen');
    expect(stack).toContain('endpoint.ts:7');
  });

  test('two versions with conflicting requirements serve side by side', async () => {
    const folder = folderOf(
      'pinned-six',
      {
        'endpoint.py':
          'import six\n\n\ndef predict(model, inputs, context):\n    return {"y": six.__version__}\n',
        'requirements.txt': 'six==1.16.0\n',
      },
      numbers([{ name: 'y', type: 'string' }]),
    );
    const deployment = (name: string, version: number) => {
      const file = path.join(folder, '..', `${name}-${process.pid}.yaml`);
      fs.writeFileSync(
        file,
        JSON.stringify({
          apiVersion: 'model-platform.io/v1alpha1',
          kind: 'ModelDeployment',
          metadata: { name },
          spec: {
            owner: 'group:default/botany-ml',
            system: 'plant-catalogue',
            environment: 'local',
            model: 'model:default/pinned-six',
            strategy: { type: 'single' },
            variants: [{ name: 'main', version: { number: version } }],
          },
        }),
      );
      return file;
    };
    await run('publish', folder);
    const lock = fs.readFileSync(
      path.join(folder, 'requirements.lock'),
      'utf8',
    );
    expect(lock).toMatch(/^six==1\.16\.0 \\\n\s+--hash=sha256:[0-9a-f]{64}/m);
    expect((await run('publish', folder)).unchanged).toBe(true);
    fs.writeFileSync(
      path.join(folder, 'requirements.txt'),
      'six>=1.17,<1.18\n',
    );
    expect((await run('publish', folder)).version).toBe(2);
    await run('deploy', deployment('six-old', 1));
    await run('deploy', deployment('six-new', 2));
    expect(await invoke('six-old', { x: 1 })).toEqual({ y: '1.16.0' });
    expect(await invoke('six-new', { x: 1 })).toEqual({ y: '1.17.0' });
    const environments = () =>
      fs
        .readdirSync(path.join(platform.dataDir, 'environments'))
        .filter(name => /^[0-9a-f]{16}$/.test(name));
    const before = environments();
    // The same packages again: shared, nothing is made.
    editModel(folder, model => (model.metadata.method = 'Another one'));
    expect((await run('publish', folder)).version).toBe(3);
    await run('deploy', deployment('six-new', 3));
    expect(await invoke('six-new', { x: 1 })).toEqual({ y: '1.17.0' });
    expect(environments()).toEqual(before);
  });

  test('what is not pinned with a hash is refused, by the platform too', async () => {
    const folder = folderOf(
      'pinned-badly',
      {
        'endpoint.py': 'def predict(m, i, c):\n    return {"y": 1}\n',
        'requirements.lock': 'six==1.16.0\n--index-url https://example.org\n',
      },
      numbers([{ name: 'y', type: 'number' }]),
    );
    const { code, stdout } = await platform.cli(['publish', folder, '--json']);
    expect(code).toBe(1);
    expect(
      JSON.parse(stdout).error.problems.map(({ rule }: Field) => rule),
    ).toEqual([
      expect.stringContaining('line 1: needs the hashes of its wheels'),
      expect.stringContaining('line 2: options are not allowed'),
    ]);
    fs.writeFileSync(path.join(folder, 'requirements.lock'), '');
    fs.writeFileSync(
      path.join(folder, 'requirements.txt'),
      'six==1.16.0\nno-package-has-this-name-at-all==1\n',
    );
    fs.rmSync(path.join(folder, 'requirements.lock'));
    const unknown = await platform.cli(['publish', folder]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('no-package-has-this-name-at-all');
  });

  test('XGBoost and LightGBM files are served by their libraries', async () => {
    const iris = await serve(
      folderOf(
        'iris-by-xgboost',
        {
          'iris.ubj': { copyOf: path.join(fixtures, 'iris.ubj') },
          'requirements.txt': 'xgboost-cpu==3.2.0\n',
        },
        flowers([
          {
            name: 'species',
            type: 'string',
            enum: ['setosa', 'versicolor', 'virginica'],
          },
          { name: 'probabilities', type: 'number', shape: [3] },
        ]),
      ),
      'iris-by-xgboost',
    );
    const answers = await iris([setosa, virginica, between]);
    expect(answers.map(({ species }: Field) => species)).toEqual([
      'setosa',
      'virginica',
      'virginica',
    ]);
    expect(answers[0].probabilities[0]).toBeGreaterThan(0.5);

    const trees = await serve(
      folderOf(
        'setosa-by-lightgbm',
        {
          'setosa.lgb': { copyOf: path.join(fixtures, 'setosa.lgb') },
          'requirements.txt': 'lightgbm==4.7.0\n',
        },
        flowers([
          { name: 'is_setosa', type: 'boolean' },
          { name: 'probability', type: 'number' },
        ]),
      ),
      'setosa-by-lightgbm',
    );
    expect(await trees([setosa, virginica])).toMatchObject([
      { is_setosa: true },
      { is_setosa: false },
    ]);
  });

  test('trees of categories that callers have no numbers for are refused', async () => {
    for (const [file, requirement] of [
      ['places.ubj', 'xgboost-cpu==3.2.0'],
      ['places.lgb', 'lightgbm==4.7.0'],
    ]) {
      const name = file.replace('.', '-by-');
      const folder = folderOf(
        name,
        {
          [file]: { copyOf: path.join(fixtures, file) },
          'requirements.txt': `${requirement}\n`,
        },
        {
          signature: {
            inputs: [{ name: 'place', type: 'integer' }],
            outputs: [{ name: 'cost', type: 'number' }],
          },
          example: { place: 1 },
        },
      );
      await run('publish', folder);
      const refused = await platform.cli([
        ...['deploy', folder, '--timeout', '500'],
      ]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        'fitted with categories of pandas (Bern, Oslo, Rome)',
      );
    }
  });

  test('an estimator is served from each format that it is kept in', async () => {
    const species = {
      name: 'species',
      type: 'string',
      enum: ['setosa', 'versicolor', 'virginica'],
    };
    // A function without a module, which cloudpickle keeps, needs its package.
    const cloudpickle = 'cloudpickle==3.1.3\nscikit-learn==1.9.1\n';
    for (const [file, name, requirements] of [
      ['iris.pkl', 'iris-by-pickle'],
      ['iris.skops', 'iris-by-skops'],
      ['iris-by-area.pickle', 'iris-by-cloudpickle', cloudpickle],
    ]) {
      const call = await serve(
        folderOf(
          name,
          {
            [file]: { copyOf: path.join(fixtures, file) },
            ...(requirements ? { 'requirements.txt': requirements } : {}),
          },
          flowers([
            species,
            { name: 'probabilities', type: 'number', shape: [3] },
          ]),
        ),
        name,
      );
      const answers = await call([setosa, virginica]);
      expect(answers, file).toMatchObject([
        { species: 'setosa' },
        { species: 'virginica' },
      ]);
      expect(answers[1].probabilities[2]).toBeGreaterThan(0.5);
    }
  });

  test('endpoint.js is served as it is', async () => {
    const call = await serve(
      folderOf(
        'code-in-javascript',
        {
          'endpoint.js':
            'export const predictBatch = (model, rows) => rows.map(({ x }) => ({ y: x / 2 }));\n',
        },
        numbers([{ name: 'y', type: 'number' }]),
      ),
      'code-in-javascript',
    );
    expect(await call([{ x: 1 }, { x: 4 }])).toEqual([{ y: 0.5 }, { y: 2 }]);
  });

  test('a folder of MLflow is served with MLflow, and without', async () => {
    const outputs = flowers([{ name: 'species', type: 'integer' }]);
    const model = { copyOf: path.join(fixtures, 'mlflow-iris') };
    const by = await serve(
      folderOf('iris-by-mlflow', { '.': model }, outputs),
      'iris-by-mlflow',
    );
    const expected = [{ species: 0 }, { species: 2 }];
    expect(await by([setosa, virginica])).toEqual(expected);
    const without = folderOf('iris-without-mlflow', { '.': model }, outputs);
    fs.rmSync(path.join(without, 'requirements.txt'));
    const call = await serve(without, 'iris-without-mlflow');
    expect(await call([setosa, virginica])).toEqual(expected);
  });
});
