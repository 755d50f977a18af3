import { ModelVersion } from '@model-platform/plugin-model-platform-common';

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

/** Whether a call that a runner may have taken can be made again: the version brings no code of its own. */
export function isRepeatable({
  flavor,
  endpoint,
}: Pick<ModelVersion, 'flavor' | 'endpoint'>): boolean {
  return endpoint === undefined && COMPUTING.has(flavor);
}
