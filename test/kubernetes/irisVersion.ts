import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Sha256 } from '@model-platform/plugin-model-platform-node';
import { root } from '../platform/Platform';

export const sha256 = (content: Buffer): Sha256 =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** The file of the example model. */
export const irisModel = fs.readFileSync(
  path.join(root, 'examples/iris/iris.onnx'),
);

/** What the registry says of a version that serves it. */
export const irisVersion = {
  files: [
    {
      path: 'iris.onnx',
      digest: sha256(irisModel),
      sizeBytes: irisModel.length,
    },
  ],
  signature: {
    inputs: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'].map(
      name => ({ name, type: 'number' as const }),
    ),
    outputs: [
      { name: 'species', type: 'string' as const },
      { name: 'probabilities', type: 'number' as const, shape: [3] },
    ],
  },
};
