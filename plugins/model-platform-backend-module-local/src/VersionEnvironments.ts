import { glob, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '@backstage/errors';
import { PythonEnvironments } from '@model-platform/model-python';
import {
  lockProblems,
  ModelVersion,
  REQUIREMENTS_LOCK,
  requirementsFileOf,
} from '@model-platform/plugin-model-platform-common';

/** In a version's folder: which environment it runs in. */
const MARKER = 'environment';

/** Environments of versions that say which Python packages they need: `environments/<hash of the lock>`. */
export class VersionEnvironments {
  private environments: PythonEnvironments | undefined;

  constructor(private readonly dataDir: string) {}

  /**
   * Interpreter that has what the version needs; undefined where it says
   * nothing, and the platform's own environment is its.
   *
   * @param files - folder with the version's files
   * @param pythonPath - folder of the Python runtime
   */
  async ensure(
    version: ModelVersion,
    files: string,
    pythonPath: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (version.runtime !== 'python') return undefined;
    const paths = version.files.map(({ path }) => path);
    const environments = this.of(pythonPath);
    let lock: string;
    if (paths.includes(REQUIREMENTS_LOCK)) {
      lock = await readFile(join(files, REQUIREMENTS_LOCK), 'utf8');
    } else {
      const requirements = requirementsFileOf(version, paths);
      if (!requirements) return undefined;
      const file = join(files, requirements);
      lock = await saying(version, 'resolved', async () =>
        (await isLock(file))
          ? await readFile(file, 'utf8')
          : await environments.lockOf(file, signal),
      );
    }
    const interpreter = await saying(version, 'installed', () =>
      environments.ensure(lock, signal),
    );
    // Not before: until then the version goes on in the one that it has.
    await writeFile(
      join(dirname(files), MARKER),
      await environments.keyOf(lock),
    );
    return interpreter;
  }

  /**
   * Removes the environments of versions whose files are gone.
   *
   * @param inUse - interpreters of runners: after an upgrade they go on in the
   *   environment that they were started in
   */
  async removeUnused(pythonPath: string, inUse: string[]): Promise<void> {
    const used = new Set(inUse.map(file => basename(dirname(dirname(file)))));
    for await (const file of glob(`versions/*/*/${MARKER}`, {
      cwd: this.dataDir,
    })) {
      used.add(await readFile(join(this.dataDir, file), 'utf8'));
    }
    await this.of(pythonPath).keepOnly(used);
  }

  private of(pythonPath: string): PythonEnvironments {
    this.environments ??= new PythonEnvironments({
      folder: join(this.dataDir, 'environments'),
      runnerLock: join(pythonPath, 'requirements-runner.txt'),
    });
    return this.environments;
  }
}

/** Requirements that pin everything already, as `pip-compile --generate-hashes` writes them. */
async function isLock(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  return /--hash=/.test(text) && lockProblems(text).length === 0;
}

/** The reason stands in front of what a deployment waits for. */
async function saying<T>(
  version: ModelVersion,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DOMException) throw error;
    throw new InputError(
      `The Python packages of ${version.model} version ${
        version.number
      } cannot be ${what}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
