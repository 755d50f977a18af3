import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { root } from './Platform';

/** A copy of the ONNX example under another name, to change at will. */
export function modelFolder(
  name: string,
  change: (model: Record<string, any>) => void = () => {},
): string {
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-model-'),
  );
  fs.cpSync(path.join(root, 'examples', 'iris'), folder, { recursive: true });
  editModel(folder, model => {
    model.name = name;
    delete model.deployment;
    change(model);
  });
  fs.rmSync(path.join(folder, 'model-deployment.yaml'), { force: true });
  return folder;
}

/** Changes the folder's `model.yaml`. */
export function editModel(
  folder: string,
  change: (model: Record<string, any>) => void,
): void {
  const file = path.join(folder, 'model.yaml');
  const model = parseDocument(fs.readFileSync(file, 'utf8')).toJS();
  change(model);
  fs.writeFileSync(file, JSON.stringify(model, undefined, 2));
}
