import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../errors/CliError';
import { Terminal } from '../output/Terminal';
import { cacheFolder } from '../publish/cacheFolder';

/** In a packed runtime: npm packages that it was packed without, by the flavor that runs on them. */
const ENGINES = 'engines.json';
const execute = promisify(execFile);

interface Engine {
  name: string;
  version: string;
}

/**
 * A folder of the Node runtime that finds the engine of a flavor: as it is in a
 * clone, and for flavors without one. Engines are too large to come with the
 * command, so npm fetches one when a model is first run on it; it is kept
 * beside a copy of the runtime, and shared by all models.
 *
 * @throws CliError `Failed` with npm's reason where it cannot be fetched
 */
export async function ensureEngine(
  runtime: string,
  flavor: string,
  options: {
    env: Record<string, string | undefined>;
    terminal: Terminal;
    signal: AbortSignal;
  },
): Promise<string> {
  const list = path.join(runtime, ENGINES);
  if (!fs.existsSync(list)) return runtime;
  const engines: Record<string, Engine> = JSON.parse(
    fs.readFileSync(list, 'utf8'),
  );
  if (!Object.hasOwn(engines, flavor)) return runtime;
  const { name, version } = engines[flavor];
  const home = path.join(
    cacheFolder(options.env),
    'engines',
    `${name}-${version}`,
  );
  if (!fs.existsSync(home)) {
    options.terminal.note(
      `Fetching ${name} ${version} from npm, which models of the flavor ${flavor} run on: once, into ${home}.`,
    );
    await atOnce(home, folder => fetchEngine(folder, engines[flavor], options));
  }
  const program = fs.readFileSync(path.join(runtime, 'dist', 'main.cjs'));
  const digest = createHash('sha256').update(program).digest('hex');
  const copy = path.join(home, `runtime-${digest.slice(0, 12)}`);
  if (!fs.existsSync(copy)) {
    await atOnce(copy, async folder =>
      fs.cpSync(runtime, folder, { recursive: true }),
    );
  }
  return fs.realpathSync(copy);
}

async function fetchEngine(
  folder: string,
  { name, version }: Engine,
  {
    env,
    terminal,
    signal,
  }: { env: NodeJS.ProcessEnv; terminal: Terminal; signal: AbortSignal },
): Promise<void> {
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  const [npm, ...first] = npmCommand(env);
  terminal.progress(`fetching ${name}`);
  try {
    await execute(
      npm,
      [
        ...first,
        ...['install', '--ignore-scripts', '--no-audit', '--no-fund'],
        // `npx` hands on its own settings, and would have it go elsewhere.
        ...['--prefix', folder, '--global=false', '--no-package-lock'],
        `${name}@${version}`,
      ],
      { cwd: folder, env, signal },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new CliError(
      'Failed',
      `${name} ${version} cannot be fetched from npm; without it models of its kind cannot be tried on this machine.`,
      { details: [stderr?.trim() || message] },
    );
  } finally {
    terminal.clearProgress();
  }
}

/** The npm that started this command, else the machine's own. */
function npmCommand(env: NodeJS.ProcessEnv): string[] {
  const started = env.npm_execpath;
  if (!started || !/np[mx]-cli\.js$/.test(started)) return ['npm'];
  return [process.execPath, path.join(path.dirname(started), 'npm-cli.js')];
}

/** Makes a folder whole or not at all, whoever else makes it meanwhile. */
async function atOnce(
  folder: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${folder}.${process.pid}.tmp`;
  fs.rmSync(temporary, { recursive: true, force: true });
  fs.mkdirSync(temporary, { recursive: true });
  try {
    await make(temporary);
    if (!fs.existsSync(folder)) fs.renameSync(temporary, folder);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}
