import {
  FileReading,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { defaultModules } from '../../registry/pickles/defaultModules';
import { importsOutside } from '../../registry/pickles/importsOutside';

/** Of these the platform knows that a call does nothing but compute, and costs nobody anything. */
const COMPUTING = new Set([
  'onnx',
  'sklearn',
  'xgboost',
  'lightgbm',
  'highs',
  'minizinc',
  'dmn',
]);

/** What Python imports from the folder of the version, in place of a package too. */
const PYTHON_CODE = /\.(py|pyc|so)$/i;

/** Whether a call that a runner may have taken can be made again: the version brings no code of its own. */
export function isRepeatable({
  flavor,
  runtime,
  endpoint,
  files,
  readings = [],
}: Pick<
  ModelVersion,
  'flavor' | 'runtime' | 'endpoint' | 'files' | 'readings'
>): boolean {
  return (
    endpoint === undefined &&
    COMPUTING.has(flavor) &&
    !(
      runtime === 'python' && files.some(({ path }) => PYTHON_CODE.test(path))
    ) &&
    (flavor !== 'sklearn' || areEstimators(readings))
  );
}

/**
 * Whether loading them gives what the usual libraries are made of alone. What an
 * administrator has allowed beside those may do anything when it is called. Of
 * skops files the runner loads nothing else.
 */
function areEstimators(readings: FileReading[]): boolean {
  const loaded = readings.filter(
    ({ format }) => format === 'pickle' || format === 'skops',
  );
  return (
    loaded.length > 0 &&
    loaded.every(
      ({ format, imports, problem }) =>
        format === 'skops' ||
        (problem === undefined &&
          imports !== undefined &&
          importsOutside(imports, defaultModules).length === 0),
    )
  );
}
