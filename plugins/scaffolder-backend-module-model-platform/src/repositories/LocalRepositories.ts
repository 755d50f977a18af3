import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as git from 'isomorphic-git';
import {
  MadeRepository,
  NewRepository,
  Repositories,
  RepositoryAddress,
} from './Repositories';
import { requireName } from './requireName';
import { taken } from './taken';

/** Written into the repository's own configuration: which task made it. */
const TASK_KEY = 'modelplatform.task';

/** Bare repositories in a folder of this machine. */
export class LocalRepositories implements Repositories {
  readonly type = 'local';

  private readonly directory: string;

  constructor(directory: string) {
    this.directory = path.resolve(directory);
  }

  addressOf(name: string): RepositoryAddress {
    return { remoteUrl: path.join(this.directory, `${name}.git`) };
  }

  /** Nobody sees a repository half made. */
  async create(repository: NewRepository): Promise<MadeRepository> {
    const { name, content, message, author, taskId } = repository;
    requireName(name);
    const { remoteUrl: final } = this.addressOf(name);
    const existing = await this.find(final, taskId);
    if (existing) return existing;

    await fs.promises.mkdir(this.directory, { recursive: true, mode: 0o700 });
    const gitdir = path.join(this.directory, `.${name}.${randomUUID()}.tmp`);
    const branch = 'main';
    try {
      await git.init({ fs, gitdir, bare: true, defaultBranch: branch });
      await git.setConfig({ fs, gitdir, path: TASK_KEY, value: taskId });
      await git.add({ fs, dir: content, gitdir, filepath: '.' });
      const commit = await git.commit({
        fs,
        dir: content,
        gitdir,
        message,
        author,
        ref: `refs/heads/${branch}`,
      });
      // A bare repository has no index; Git would take this one for somebody's unfinished work.
      await fs.promises.rm(path.join(gitdir, 'index'), { force: true });
      await fs.promises.rename(gitdir, final);
      return { remoteUrl: final, branch, commit };
    } catch (error) {
      if (isTaken(error)) throw taken(name);
      throw error;
    } finally {
      await fs.promises.rm(gitdir, { recursive: true, force: true });
    }
  }

  /** The catalog looks at the folder by itself. */
  async register(): Promise<void> {}

  private async find(
    gitdir: string,
    taskId: string,
  ): Promise<MadeRepository | undefined> {
    if (!fs.existsSync(gitdir)) return undefined;
    const madeBy: unknown = await git.getConfig({ fs, gitdir, path: TASK_KEY });
    if (madeBy !== taskId) throw taken(path.basename(gitdir, '.git'));
    return {
      remoteUrl: gitdir,
      branch: 'main',
      commit: await git.resolveRef({ fs, gitdir, ref: 'refs/heads/main' }),
    };
  }
}

/** Renaming onto a folder that is not empty. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOTEMPTY', 'EEXIST'].includes(String(error.code))
  );
}
