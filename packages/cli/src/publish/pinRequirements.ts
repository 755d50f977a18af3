import fs from 'node:fs';
import path from 'node:path';
import { Uv } from '@model-platform/model-python';
import {
  Loading,
  lockProblems,
  REQUIREMENTS_LOCK,
  requirementsFileOf,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { FoundFile } from '../model/collectFiles';
import { Terminal } from '../output/Terminal';
import { cacheFolder } from './cacheFolder';
import { requirementsDigest } from './requirementsDigest';

interface PinOptions {
  folder: string;
  loading: Loading;
  files: FoundFile[];
  env: Record<string, string | undefined>;
  terminal: Terminal;
  signal: AbortSignal;
}

/**
 * The files of a version, with a `requirements.lock` where they say which
 * Python packages they need. It is kept in the folder, and made again when the
 * requirements change, or a file that they name; one that somebody made by
 * other means is taken as it is.
 *
 * @throws CliError `Refused` where packages do not fit together, have no
 *   wheels, or the lock is none
 */
export async function pinRequirements(
  options: PinOptions,
): Promise<FoundFile[]> {
  const { folder, loading, files } = options;
  const requirements = requirementsFileOf(
    loading,
    files.map(one => one.path),
  );
  const lock = {
    path: REQUIREMENTS_LOCK,
    location: path.join(folder, REQUIREMENTS_LOCK),
  };
  const others = files.filter(one => one.path !== REQUIREMENTS_LOCK);
  if (requirements) {
    const source = files.find(one => one.path === requirements)!;
    if (!(await makeLock(options, source, lock.location))) return others;
  } else if (others.length === files.length) {
    return files;
  }
  const problems = lockProblems(fs.readFileSync(lock.location, 'utf8'));
  if (problems.length) {
    throw new CliError(
      'Refused',
      `${REQUIREMENTS_LOCK} does not pin everything. Nothing was published.`,
      { problems },
    );
  }
  return [...others, lock].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @returns whether there is one: without Python, the platform makes it */
async function makeLock(
  { env, terminal, signal }: PinOptions,
  source: FoundFile,
  lock: string,
): Promise<boolean> {
  const digest = requirementsDigest(source.location, lock);
  const header = `# Of ${source.path}, sha256:${digest}`;
  const known = fs.existsSync(lock) ? fs.readFileSync(lock, 'utf8') : undefined;
  const [first] = known?.split('\n') ?? [];
  if (first === header || (known && !/^# Of .*, sha256:/.test(first)))
    return true;
  let uv: Uv;
  try {
    terminal.progress('finding uv, which resolves Python packages');
    uv = await Uv.find(cacheFolder(env));
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    terminal.note(
      `The packages of ${source.path} cannot be pinned here: ${reason} The platform pins them when it deploys.`,
    );
    return false;
  }
  try {
    terminal.progress(`pinning the packages of ${source.path}`);
    const text = await uv.compile(source.location, { signal });
    fs.writeFileSync(`${lock}.tmp`, `${header}\n${text}`);
    fs.renameSync(`${lock}.tmp`, lock);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CliError(
      'Refused',
      `The packages of ${source.path} cannot be pinned. Nothing was published.`,
      { details: [error instanceof Error ? error.message : String(error)] },
    );
  }
  terminal.note(
    `The packages of ${source.path} are pinned in ${REQUIREMENTS_LOCK}; keep it with the model.`,
  );
  return true;
}
