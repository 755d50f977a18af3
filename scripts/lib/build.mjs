import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { contentHash, onceFor } from './contentHash.mjs';
import { inRoot } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** Programs that esbuild bundles from our own packages; all else stays in node_modules. */
const programs = {
  backend: {
    entry: 'packages/backend/src/index.ts',
    outfile: 'packages/backend/dist/main.cjs',
  },
  'model-host': {
    entry: 'packages/model-host/src/main.ts',
    outfile: 'packages/model-host/dist/main.cjs',
  },
  'model-gateway': {
    entry: 'packages/model-gateway/src/main.ts',
    outfile: 'packages/model-gateway/dist/main.cjs',
  },
  'model-gateway-agent': {
    entry: 'packages/model-gateway-agent/src/main.ts',
    outfile: 'packages/model-gateway-agent/dist/main.cjs',
  },
  'model-fetch': {
    entry: 'packages/model-fetch/src/main.ts',
    outfile: 'packages/model-fetch/dist/main.cjs',
  },
  'model-runner-node': {
    entry: 'packages/model-runner-node/src/main.ts',
    outfile: 'packages/model-runner-node/dist/main.cjs',
  },
};

/** Leaves every bare import but our own packages to node_modules. */
const ownPackagesOnly = {
  name: 'own-packages-only',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) =>
      kind === 'entry-point' || name.startsWith('@model-platform/')
        ? undefined
        : { path: name, external: true },
    );
  },
};

/** Bundles one program. */
export async function buildProgram({ entry, outfile }) {
  const esbuild = createRequire(inRoot('package.json'))('esbuild');
  await esbuild.build({
    entryPoints: [inRoot(entry)],
    outfile: inRoot(outfile),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'linked',
    logLevel: 'silent',
    define: { 'import.meta.url': 'undefined' },
    plugins: [ownPackagesOnly],
  });
}

/** Gateway and its agent, host, runner, CLI and backend: milliseconds each. */
export async function buildPrograms() {
  const sources = ['packages', 'plugins'].flatMap(folder =>
    fs
      .readdirSync(inRoot(folder))
      .filter(name => name !== 'app' && name !== 'model-runner-python')
      .flatMap(name => [
        `${folder}/${name}/src`,
        `${folder}/${name}/package.json`,
        `${folder}/${name}/scripts`,
      ]),
  );
  const hash = contentHash([
    ...sources,
    // The packed command has it.
    'packages/model-runner-python/model_runner',
    'packages/model-runner-python/requirements.txt',
    'packages/model-runner-python/requirements-runner.txt',
    'scripts/lib/build.mjs',
    'yarn.lock',
  ]);
  await onceFor(hash, inRoot('packages/backend/dist/.programs-stamp'), () =>
    step('building the programs', async () => {
      await Promise.all(Object.values(programs).map(buildProgram));
      const { packCli } = await import(
        pathToFileURL(inRoot('packages/cli/scripts/pack.mjs')).href
      );
      await packCli();
      await createRequire(inRoot('package.json'))(
        './packages/model-file-reader/scripts/build.cjs',
      ).buildReader();
    }),
  );
}

/** The portal's pages. */
export async function buildApp(toolchain) {
  const hash = contentHash([
    'packages/app',
    'plugins/model-platform/src',
    'plugins/model-platform-react/src',
    'plugins/model-platform-common/src',
    'app-config.yaml',
    'yarn.lock',
  ]);
  await onceFor(hash, inRoot('packages/app/dist/.app-stamp'), () =>
    step('building the portal', async () => {
      await run(
        toolchain.node,
        [
          inRoot('node_modules/@backstage/cli/bin/backstage-cli'),
          'package',
          'build',
        ],
        {
          cwd: inRoot('packages/app'),
          env: toolchain.env,
        },
      );
      const assets = inRoot('packages/app/dist/static');
      for (const name of fs.readdirSync(assets)) {
        if (name.endsWith('.map')) fs.rmSync(path.join(assets, name));
      }
    }),
  );
}
