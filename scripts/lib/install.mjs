import fs from 'node:fs';
import { contentHash, onceFor } from './contentHash.mjs';
import { inRoot } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** Packages from the lockfile; a no-op costs some milliseconds, not Yarn's seconds. */
export async function ensureInstalled(toolchain) {
  const manifests = ['packages', 'plugins'].flatMap(folder =>
    fs
      .readdirSync(inRoot(folder))
      .map(name => `${folder}/${name}/package.json`)
      .filter(file => fs.existsSync(inRoot(file))),
  );
  const hash = contentHash([
    'yarn.lock',
    '.yarnrc.yml',
    'package.json',
    ...manifests,
  ]);
  await onceFor(hash, inRoot('node_modules', '.install-stamp'), () =>
    step('installing packages from the lockfile', () =>
      run(toolchain.node, [toolchain.yarn, 'install', '--immutable'], {
        cwd: inRoot(),
        env: { ...toolchain.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
      }),
    ),
  );
}
