import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/lib/run.mjs';

/** Unpacked once for all clones of a user. */
const cached = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'model-platform',
  'services',
  'prometheus-debian',
  'prometheus',
);

let finding;

/**
 * The machine's Prometheus; on Debian its package is unpacked aside where it
 * is missing, and nothing is installed.
 *
 * @returns the program, or why there is none
 */
export function ensurePrometheus() {
  finding ??= find();
  return finding;
}

async function find() {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const program = path.join(folder, 'prometheus');
    if (folder && fs.existsSync(program)) return { program };
  }
  if (fs.existsSync(cached)) return { program: cached };
  fs.mkdirSync(path.dirname(cached), { recursive: true });
  const folder = fs.mkdtempSync(path.join(path.dirname(cached), 'unpack-'));
  try {
    await run('apt-get', ['download', '-q', 'prometheus'], { cwd: folder });
    const [file] = fs.readdirSync(folder).filter(name => name.endsWith('.deb'));
    await run('dpkg', ['-x', file, 'unpacked'], { cwd: folder });
    fs.renameSync(path.join(folder, 'unpacked/usr/bin/prometheus'), cached);
  } catch (error) {
    return {
      unavailable: `the tests need a Prometheus on the PATH, or Debian's package of it (${error.message})`,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return { program: cached };
}

// Suites that are no modules ask so: where it is, or why there is none.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { program, unavailable } = await ensurePrometheus();
  if (unavailable) throw new Error(unavailable);
  process.stdout.write(program);
}
