import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import zlib from 'node:zlib';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const runtimes = path.resolve(root, '..');
/**
 * What flavors of the Node runtime run on, and too large to fetch with each
 * command: `test` and `dev` fetch them when a model first needs one.
 */
const engineNames = {
  onnx: 'onnxruntime-node',
  minizinc: 'minizinc',
  highs: 'highs',
};

/**
 * Builds `dist/main.cjs`, the whole CLI in one file, and `dist/cli.tgz`, what
 * npm installs of it, with the runtimes beside it. The same sources give the same bytes: names in a fixed
 * order, no times, no owners.
 */
export async function packCli() {
  const require = createRequire(import.meta.url);
  const esbuild = require('esbuild');
  const bundle = async (entry, options) => {
    const { outputFiles } = await esbuild.build({
      entryPoints: [entry],
      write: false,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      // Small to fetch, and still readable in a stack.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'inline',
      logLevel: 'silent',
      ...options,
    });
    return Buffer.from(outputFiles[0].contents);
  };
  const main = await bundle(path.join(root, 'src/main.ts'), {
    target: 'node20',
  });
  const { name, version, description, license, engines, bin } = JSON.parse(
    fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const files = {
    'README.md': fs.readFileSync(path.join(root, 'README.md')),
    'bin/model-platform.js': fs.readFileSync(
      path.join(root, 'bin/model-platform.js'),
    ),
    'dist/main.cjs': main,
    'runtimes/model-runner-node/dist/main.cjs': await bundle(
      path.join(runtimes, 'model-runner-node/src/main.ts'),
      { target: 'node24', external: Object.values(engineNames) },
    ),
    'runtimes/model-runner-node/engines.json': engineVersions(
      createRequire(path.join(runtimes, 'model-runner-node/package.json')),
    ),
    ...filesOf('model-runner-node', file => file.startsWith('bin/')),
    ...filesOf('model-runner-python', file =>
      /^(model_runner\/.*\.py|requirements(-runner)?\.txt)$/.test(file),
    ),
    'package.json': Buffer.from(
      `${JSON.stringify(
        { name, version, description, license, engines, bin },
        undefined,
        2,
      )}\n`,
    ),
  };
  const entries = Object.entries(files).map(([file, content]) =>
    tarEntry(
      `package/${file}`,
      content,
      file.startsWith('bin/') ? 0o755 : 0o644,
    ),
  );
  const tar = Buffer.concat([...entries, Buffer.alloc(1024)]);
  const tgz = zlib.gzipSync(tar, { level: 9 });
  // The byte that names the operating system differs between them.
  tgz[9] = 255;
  fs.mkdirSync(dist, { recursive: true });
  replaceFile(path.join(dist, 'main.cjs'), main);
  replaceFile(path.join(dist, 'cli.tgz'), tgz);
}

/** The versions that the runtime is tested with. */
function engineVersions(require) {
  const found = Object.entries(engineNames).map(([flavor, name]) => {
    const folder = require.resolve
      .paths(name)
      .map(place => path.join(place, name))
      .find(place => fs.existsSync(place));
    const { version } = JSON.parse(
      fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
    );
    return [flavor, { name, version }];
  });
  return Buffer.from(
    `${JSON.stringify(Object.fromEntries(found), undefined, 2)}\n`,
  );
}

/** Files of a runtime as `test` and `dev` start it, in a fixed order. */
function filesOf(runtime, isWanted) {
  const folder = path.join(runtimes, runtime);
  return Object.fromEntries(
    fs
      .readdirSync(folder, { recursive: true })
      .map(name => name.split(path.sep).join('/'))
      .filter(isWanted)
      .sort()
      .map(name => [
        `runtimes/${runtime}/${name}`,
        fs.readFileSync(path.join(folder, name)),
      ]),
  );
}

/** Whoever reads it at this moment gets the old one or the new one, whole. */
function replaceFile(file, content) {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}

/** One file in the format of POSIX ustar. */
function tarEntry(name, content, mode) {
  const header = Buffer.alloc(512);
  const octal = (value, length) =>
    `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  // npm and tar frown at files from 1970.
  header.write(octal(Date.UTC(2000, 0, 1) / 1000, 12), 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  );
  return Buffer.concat([
    header,
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await packCli();
