'use strict';
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/** Bundles the program with all it needs into `dist/main.cjs`: it may read nothing else. */
async function buildReader() {
  const { outputFiles } = await require('esbuild').build({
    entryPoints: [path.join(root, 'src/main.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
    write: false,
  });
  const file = path.join(root, 'dist/main.cjs');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // Others may be starting the program just now: never a half-written file.
  fs.writeFileSync(`${file}.${process.pid}`, outputFiles[0].contents);
  fs.renameSync(`${file}.${process.pid}`, file);
}

module.exports = { buildReader };

if (require.main === module) buildReader();
