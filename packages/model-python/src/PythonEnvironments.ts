import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { compileApart } from './compileApart';
import { lockBlocks } from './lockBlocks';
import { Uv } from './Uv';

/** Of environments that are made in another way, so that none of before is taken for one of these. */
const LAYOUT = '2';
const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');
/** Beside the folder: what is in it, packages may have brought. */
const stampOf = (folder: string) => `${folder}.complete`;

/**
 * Environments of models, `<folder>/<hash of the lock>`: made once, shared by
 * all versions with the same lock. One counts once it is stamped, so a start
 * that is cut off leaves none that is half made.
 */
export class PythonEnvironments {
  private readonly underWay = new Map<
    string,
    { work: Promise<string>; signal: AbortSignal | undefined }
  >();
  private uv: Promise<Uv> | undefined;

  constructor(
    private readonly options: {
      folder: string;
      /** What the runner itself needs, pinned with hashes; a version's own lock goes before it. */
      runnerLock: string;
    },
  ) {}

  /** Name of the environment that a lock gets. */
  async keyOf(lock: string): Promise<string> {
    const runner = await readFile(this.options.runnerLock, 'utf8');
    return sha256(`${lock}\0${runner}\0${LAYOUT}`).slice(0, 16);
  }

  /** Interpreter of the environment of a lock. @throws Error with the reason where it cannot be made */
  async ensure(lock: string, signal?: AbortSignal): Promise<string> {
    const key = await this.keyOf(lock);
    const folder = join(this.options.folder, key);
    const interpreter = join(folder, 'bin', 'python');
    if (existsSync(stampOf(folder)) && existsSync(interpreter))
      return interpreter;
    return await this.once(key, signal, () => this.make(folder, lock, signal));
  }

  /** The lock of these requirements, made once: the same text has the same one from then on. */
  async lockOf(
    requirementsFile: string,
    signal?: AbortSignal,
  ): Promise<string> {
    const text = await readFile(requirementsFile, 'utf8');
    const locks = join(this.options.folder, 'locks');
    const file = join(locks, `${sha256(text)}.lock`);
    const known = await readFile(file, 'utf8').catch(() => undefined);
    if (known !== undefined) return known;
    return await this.once(file, signal, async () => {
      const uv = await this.findUv();
      const name = basename(requirementsFile);
      const lock = await compileApart(uv, name, text, signal);
      await mkdir(locks, { recursive: true, mode: 0o700 });
      await writeFile(`${file}.tmp`, lock, { flush: true });
      await rename(`${file}.tmp`, file);
      return lock;
    });
  }

  /** Removes every environment that is not named. */
  async keepOnly(keys: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.options.folder).catch(() => []);
    for (const name of names) {
      if (
        /^[0-9a-f]{16}$/.test(name) &&
        !keys.has(name) &&
        !this.underWay.has(name)
      )
        await discard(join(this.options.folder, name));
    }
  }

  /**
   * Who asks for what is being made waits for it; where whoever began gives it
   * up, it is begun anew for those who still wait.
   */
  private async once(
    name: string,
    signal: AbortSignal | undefined,
    make: () => Promise<string>,
  ): Promise<string> {
    const running = this.underWay.get(name);
    if (running) {
      try {
        return await running.work;
      } catch (error) {
        if (!running.signal?.aborted) throw error;
        return await this.once(name, signal, make);
      }
    }
    const work = make().finally(() => this.underWay.delete(name));
    this.underWay.set(name, { work, signal });
    return await work;
  }

  private async make(
    folder: string,
    lock: string,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    await discard(folder);
    const uv = await this.findUv();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const own = new Set(lockBlocks(lock).map(({ name }) => name));
    const runner = await readFile(this.options.runnerLock, 'utf8');
    const locks = {
      'requirements.lock': lock,
      'runner.lock': lockBlocks(runner)
        .filter(({ name }) => !own.has(name))
        .map(({ text }) => text)
        .join('\n'),
    };
    const files: string[] = [];
    for (const [name, text] of Object.entries(locks)) {
      await writeFile(join(folder, name), text);
      files.push(join(folder, name));
    }
    const interpreter = await uv.install(folder, files, signal);
    await writeFile(stampOf(folder), '', { flush: true });
    return interpreter;
  }

  private async findUv(): Promise<Uv> {
    this.uv ??= Uv.find(this.options.folder);
    try {
      return await this.uv;
    } catch (error) {
      this.uv = undefined;
      throw error;
    }
  }
}

async function discard(folder: string): Promise<void> {
  await rm(stampOf(folder), { force: true });
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
