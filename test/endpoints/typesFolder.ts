import fs from 'node:fs';
import path from 'node:path';
import { modelFolder } from '../platform/modelFolder';
import { root } from '../platform/Platform';

const conformance = path.join(root, 'test/conformance');

export const typesManifest = JSON.parse(
  fs.readFileSync(path.join(conformance, 'types.json'), 'utf8'),
);

/** How the model with every type is loaded, by the runtime. */
const loading = {
  node: { flavor: 'onnx', files: ['types.onnx'] },
  python: {
    flavor: 'python',
    files: ['endpoint.py'],
    endpoint: 'endpoint.py',
  },
};
export type Runtime = keyof typeof loading;

/** A folder with the model that has every type, to publish. */
export function typesFolder(name: string, runtime: Runtime): string {
  const { signature, example } = typesManifest;
  const { files } = loading[runtime];
  const folder = modelFolder(name, model => {
    for (const field of ['evaluation', 'endpoint']) delete model[field];
    Object.assign(model, { signature, example }, loading[runtime]);
  });
  for (const file of files)
    fs.copyFileSync(path.join(conformance, file), path.join(folder, file));
  return folder;
}
