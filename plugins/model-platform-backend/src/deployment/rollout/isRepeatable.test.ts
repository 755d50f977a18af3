import {
  FileReading,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { isRepeatable } from './isRepeatable';

type Subject = Parameters<typeof isRepeatable>[0];

function version(
  flavor: string,
  paths: string[],
  change: Partial<Subject> = {},
): Subject {
  const runtime: ModelVersion['runtime'] = [
    'sklearn',
    'xgboost',
    'lightgbm',
    'pyfunc',
    'python',
  ].includes(flavor)
    ? 'python'
    : 'node';
  const files = paths.map(path => ({ path, digest: 'sha256:0', sizeBytes: 1 }));
  return { flavor, runtime, files, ...change };
}

/** An estimator whose pickle imports that. */
function pickled(imports: string[], change: Partial<FileReading> = {}) {
  return version('sklearn', ['model.pkl'], {
    readings: [{ path: 'model.pkl', format: 'pickle', imports, ...change }],
  });
}

describe('isRepeatable', () => {
  const estimator = [
    'sklearn.pipeline.Pipeline',
    'numpy._core.multiarray._reconstruct',
    'builtins.set',
  ];

  it.each<[string, Subject]>([
    ['ONNX', version('onnx', ['model.onnx'])],
    [
      'ONNX with the script that made it, which no runner imports',
      version('onnx', ['model.onnx', 'train.py']),
    ],
    ['a booster', version('xgboost', ['model.ubj'])],
    ['a decision', version('dmn', ['fee.dmn'])],
    ['an estimator', pickled(estimator)],
    [
      'an estimator of skops',
      version('sklearn', ['model.skops'], {
        readings: [
          { path: 'model.skops', format: 'skops', imports: estimator },
        ],
      }),
    ],
  ])('is so of %s', (_, subject) => {
    expect(isRepeatable(subject)).toBe(true);
  });

  it.each<[string, Subject]>([
    ['endpoint code', version('onnx', ['a.onnx'], { endpoint: 'endpoint.ts' })],
    ['what calls others', version('prompt', ['a.prompt.md'])],
    ['a step of its own', pickled([...estimator, 'audit.AuditStep'])],
    [
      'a function',
      pickled([...estimator, 'cloudpickle.cloudpickle._make_function']),
    ],
    ['what no model needs', pickled([...estimator, 'sklearn.utils.os.system'])],
    [
      'a pickle that cannot be followed',
      pickled(estimator, { problem: 'is cut off' }),
    ],
    ['a pickle that nobody has read', version('sklearn', ['model.pkl'])],
    [
      'an estimator with a module beside it',
      {
        ...pickled(estimator),
        files: version('sklearn', ['model.pkl', 'numpy.py']).files,
      },
    ],
    [
      'a booster with a module beside it',
      version('xgboost', ['a.ubj', 'code/numpy.so']),
    ],
  ])('is not so of %s', (_, subject) => {
    expect(isRepeatable(subject)).toBe(false);
  });
});
