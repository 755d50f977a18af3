'use strict';
// Bundles the programs of the data plane that tests start:
// `node buildPrograms.cjs model-gateway model-host …`
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const packages = path.resolve(__dirname, '../..');

async function build(name) {
  const outfile = path.join(packages, name, 'dist/main.cjs');
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(packages, name, 'src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'linked',
    write: false,
    plugins: [
      {
        name: 'own-packages-only',
        setup(context) {
          context.onResolve({ filter: /^[^./]/ }, args =>
            args.kind === 'entry-point' ||
            args.path.startsWith('@model-platform/')
              ? undefined
              : { path: args.path, external: true },
          );
        },
      },
    ],
  });
  fs.mkdirSync(path.dirname(outfile), { recursive: true });
  for (const file of outputFiles) {
    const old = fs.existsSync(file.path)
      ? fs.readFileSync(file.path)
      : undefined;
    // Others may be starting the program just now: never a half-written file.
    if (!old || !old.equals(file.contents)) {
      fs.writeFileSync(`${file.path}.${process.pid}`, file.contents);
      fs.renameSync(`${file.path}.${process.pid}`, file.path);
    }
  }
}

Promise.all(process.argv.slice(2).map(build)).catch(error => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
