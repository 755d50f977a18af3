import fs from 'node:fs';
import path from 'node:path';

const NAMES = { node: 'model-runner-node', python: 'model-runner-python' };

/** Folder of a runtime: that of the clone that the command lies in, else the one packed with it. */
export function runtimeFolder(runtime: 'node' | 'python'): string {
  const program = path.dirname(fs.realpathSync(process.argv[1]));
  for (const place of ['../..', '../runtimes']) {
    const folder = path.resolve(program, place, NAMES[runtime]);
    if (fs.existsSync(folder)) return fs.realpathSync(folder);
  }
  throw new Error(`The ${runtime} runtime is missing beside the command.`);
}
