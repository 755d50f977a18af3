import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { RunnerManifest } from '@model-platform/model-wire';
import {
  DesiredVariant,
  runnerDocuments,
} from '@model-platform/plugin-model-platform-node';

/** Directories that runners are started with: `runners/<endpoint>/r<revision>-<variant>/`. */
export class RunnerDirectories {
  private readonly root: string;

  constructor(dataDir: string) {
    this.root = join(dataDir, 'runners');
  }

  /** Makes or completes the directory of one variant of a revision. */
  async ensure(
    endpoint: string,
    revision: number,
    variant: DesiredVariant,
    files: string,
    /** What the environment says to the runner, by names of files; undefined where it says nothing. */
    settings: Record<string, object | undefined>,
  ): Promise<string> {
    const directory = join(this.root, endpoint, `r${revision}-${variant.name}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const [name, text] of Object.entries(
      runnerDocuments(endpoint, variant),
    )) {
      await writeIfDifferent(join(directory, name), text);
    }
    for (const [name, content] of Object.entries(settings)) {
      const file = join(directory, name);
      if (content) await writeIfDifferent(file, JSON.stringify(content));
      else await rm(file, { force: true });
    }
    await linkTo(join(directory, 'model'), files);
    return directory;
  }

  /** Whose model a runner was started with; undefined where its directory is gone. */
  async modelOf(
    endpoint: string,
    revision: number,
    variant: string,
  ): Promise<RunnerManifest['model'] | undefined> {
    const path = join(this.root, endpoint, `r${revision}-${variant}`);
    const text = await readFile(join(path, 'model.json'), 'utf8').catch(
      () => undefined,
    );
    return text === undefined
      ? undefined
      : (JSON.parse(text) as RunnerManifest).model;
  }

  /** Endpoints that have directories. */
  async endpoints(): Promise<string[]> {
    return await namesIn(this.root);
  }

  /** Removes the directories of all revisions that are not to be kept. */
  async keepOnly(
    endpoint: string,
    isKept: (revision: number) => boolean,
  ): Promise<void> {
    const folder = join(this.root, endpoint);
    for (const name of await namesIn(folder)) {
      const revision = Number(/^r(\d+)-/.exec(name)?.[1]);
      if (!isKept(revision)) {
        await rm(join(folder, name), { recursive: true, force: true });
      }
    }
  }

  async remove(endpoint: string): Promise<void> {
    await rm(join(this.root, endpoint), { recursive: true, force: true });
  }

  /** Versions that any directory links to, as `<model id>/<number>`. */
  async usedVersions(): Promise<Set<string>> {
    const used = new Set<string>();
    for (const endpoint of await this.endpoints()) {
      for (const name of await namesIn(join(this.root, endpoint))) {
        const link = join(this.root, endpoint, name, 'model');
        const target = await readlink(link).catch(() => undefined);
        if (target) {
          const folder = dirname(resolve(dirname(link), target));
          used.add(`${basename(dirname(folder))}/${basename(folder)}`);
        }
      }
    }
    return used;
  }
}

/** Whole or not at all, and not at all where nothing changes. */
async function writeIfDifferent(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) {
    return;
  }
  const temporary = `${path}.tmp`;
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  // The host opens the folder to the group of its runner, which reads on what is written later.
  const folder = await stat(dirname(path));
  if ((folder.mode & 0o040) !== 0) {
    await chown(temporary, folder.uid, folder.gid);
    await chmod(temporary, 0o640);
  }
  await rename(temporary, path);
}

async function linkTo(path: string, target: string): Promise<void> {
  // Relative, so that the data folder can be moved.
  const wanted = relative(dirname(path), target);
  if ((await readlink(path).catch(() => undefined)) === wanted) {
    return;
  }
  if (await lstat(path).catch(() => undefined)) {
    await rm(path, { recursive: true, force: true });
  }
  await symlink(wanted, path);
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
