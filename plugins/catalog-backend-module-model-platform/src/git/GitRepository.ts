import * as git from 'isomorphic-git';
import fs from 'node:fs';
import path from 'node:path';

const BRANCH = 'main';

/** State of the branch that is read. */
export interface GitHead {
  branch: string;
  commit: string;
}

/** A bare repository on this machine, read at the head of its branch. */
export class GitRepository {
  constructor(readonly name: string, private readonly gitdir: string) {}

  /** Repositories in a folder, by name; undefined where there is no such folder. */
  static async list(directory: string): Promise<GitRepository[] | undefined> {
    let entries: fs.Dirent[];
    try {
      entries = await fs.promises.readdir(directory, { withFileTypes: true });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return undefined;
      throw error;
    }
    return entries
      .filter(
        entry =>
          entry.isDirectory() &&
          entry.name.endsWith('.git') &&
          !entry.name.startsWith('.'),
      )
      .map(
        entry =>
          new GitRepository(
            entry.name.slice(0, -'.git'.length),
            path.join(directory, entry.name),
          ),
      )
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Head of `main`, else of the repository's own branch; undefined where nothing was committed yet. */
  async head(): Promise<GitHead | undefined> {
    for (const ref of [`refs/heads/${BRANCH}`, 'HEAD']) {
      try {
        const commit = await git.resolveRef({ fs, gitdir: this.gitdir, ref });
        if (ref !== 'HEAD') return { branch: BRANCH, commit };
        const branch = await git.currentBranch({
          fs,
          gitdir: this.gitdir,
          fullname: false,
        });
        return { branch: branch ?? commit, commit };
      } catch (error) {
        if (!(error instanceof git.Errors.NotFoundError)) throw error;
      }
    }
    // A folder that lost its content looks like a repository without commits; only one with a HEAD may say so.
    await fs.promises.access(path.join(this.gitdir, 'HEAD'));
    return undefined;
  }

  /** Content of a file in the root folder; undefined where the commit has none of this name. */
  async read(
    commit: string,
    fileName: string,
  ): Promise<Uint8Array | undefined> {
    const { tree } = await git.readTree({
      fs,
      gitdir: this.gitdir,
      oid: commit,
    });
    const entry = tree.find(
      each => each.path === fileName && each.type === 'blob',
    );
    if (!entry) return undefined;
    return (await git.readBlob({ fs, gitdir: this.gitdir, oid: entry.oid }))
      .blob;
  }
}
