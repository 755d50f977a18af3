import { ConflictError, InputError } from '@backstage/errors';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as git from 'isomorphic-git';

const NAME = /^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/;
/** Written into the repository's own configuration: which task made it. */
const TASK_KEY = 'modelplatform.task';

/** A repository that was made, with its first commit. */
export interface MadeRepository {
  /** Path of the bare repository; what `git clone` takes. */
  path: string;
  branch: string;
  commit: string;
}

/** Bare repositories in a folder of this machine. */
export class LocalRepositories {
  constructor(private readonly directory: string) {}

  /**
   * Makes a repository with the content of a folder as its first commit; files
   * that the folder's `.gitignore` names are left out. Nobody sees it half made.
   * The same task may ask twice, and gets what it made.
   *
   * @throws InputError for a name that cannot be one; ConflictError where there
   *   is such a repository already.
   */
  async create(options: {
    name: string;
    content: string;
    message: string;
    author: { name: string; email: string };
    taskId: string;
  }): Promise<MadeRepository> {
    const { name, content, message, author, taskId } = options;
    if (!NAME.test(name)) {
      throw new InputError(
        `'${name}' cannot be the name of a repository: use 1 to 50 lower-case letters, digits and dashes, with a letter or digit at both ends`,
      );
    }
    const final = path.join(this.directory, `${name}.git`);
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
      return { path: final, branch, commit };
    } catch (error) {
      if (isTaken(error)) throw taken(name);
      throw error;
    } finally {
      await fs.promises.rm(gitdir, { recursive: true, force: true });
    }
  }

  private async find(
    gitdir: string,
    taskId: string,
  ): Promise<MadeRepository | undefined> {
    if (!fs.existsSync(gitdir)) return undefined;
    const madeBy: unknown = await git.getConfig({ fs, gitdir, path: TASK_KEY });
    if (madeBy !== taskId) throw taken(path.basename(gitdir, '.git'));
    return {
      path: gitdir,
      branch: 'main',
      commit: await git.resolveRef({ fs, gitdir, ref: 'refs/heads/main' }),
    };
  }
}

function taken(name: string): ConflictError {
  return new ConflictError(
    `There is a repository '${name}' already. Choose another name; nothing was changed`,
  );
}

/** Renaming onto a folder that is not empty. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOTEMPTY', 'EEXIST'].includes(String(error.code))
  );
}
