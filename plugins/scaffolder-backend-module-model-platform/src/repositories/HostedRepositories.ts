import { AuthService } from '@backstage/backend-plugin-api';
import { ConflictError, ForwardedError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { initRepoAndPush } from '@backstage/plugin-scaffolder-node';
import * as git from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import fs from 'node:fs';
import path from 'node:path';
import { GitHost } from '../hosts/GitHost';
import { GitRemote } from '../hosts/GitRemote';
import {
  MadeRepository,
  NewRepository,
  Repositories,
  RepositoryAddress,
  TaskContext,
} from './Repositories';
import { requireName } from './requireName';
import { taken } from './taken';

const BRANCH = 'main';

/** Repositories on a Git host. */
export class HostedRepositories implements Repositories {
  constructor(
    private readonly options: {
      host: GitHost;
      remote: GitRemote;
      catalog: CatalogService;
      auth: AuthService;
    },
  ) {}

  get type() {
    return this.options.host.type;
  }

  addressOf(name: string): RepositoryAddress {
    const { host, owner } = this.options.remote;
    const webUrl = `https://${host}/${owner}/${name}`;
    return { webUrl, remoteUrl: `${webUrl}.git` };
  }

  async create(
    repository: NewRepository,
    task: TaskContext,
  ): Promise<MadeRepository> {
    requireName(repository.name);
    const { webUrl, cloneUrl } = await this.findOrCreate(repository, task);
    try {
      const commit = await this.pushOnce(repository, cloneUrl, task);
      return { webUrl, remoteUrl: cloneUrl, branch: BRANCH, commit };
    } catch (error) {
      throw new ForwardedError(
        `${webUrl} was made, but nothing could be pushed to it; delete it before you try again`,
        error,
      );
    }
  }

  async register({ webUrl }: MadeRepository, files: string[]): Promise<void> {
    const { host, catalog, auth } = this.options;
    if (!webUrl) return;
    // The catalog's locations are not people's to change; what may stand in these files is checked there.
    const credentials = await auth.getOwnServiceCredentials();
    for (const file of files) {
      const target = host.fileUrl(webUrl, BRANCH, file);
      try {
        if (await catalog.getLocationByRef(`url:${target}`, { credentials }))
          continue;
        await catalog.addLocation({ type: 'url', target }, { credentials });
      } catch (error) {
        throw new ForwardedError(
          `${webUrl} was made, but the catalog does not read ${target}; a platform admin can register it`,
          error,
        );
      }
    }
  }

  /** The description says which task made a repository: nothing else is written together with it. */
  private async findOrCreate(
    { name, taskId }: NewRepository,
    task: TaskContext,
  ) {
    const { host, remote } = this.options;
    const mark = `(task ${taskId})`;
    const existing = await host.find(name);
    if (existing) {
      if (!existing.description.includes(mark)) throw taken(name);
      return existing;
    }
    let problem: unknown;
    try {
      await host.create(name, `Begun from a template ${mark}`, task);
    } catch (error) {
      problem = error;
    }
    // An answer may be lost on its way: what is there counts.
    const made = await host.find(name);
    if (made?.description.includes(mark)) return made;
    if (problem) {
      throw new ForwardedError(
        `${remote.host} makes no repository '${name}' for '${remote.owner}' (modelPlatform.git.remote.owner)`,
        problem,
      );
    }
    throw new ConflictError(
      `${remote.host} made a repository '${name}', but not for '${remote.owner}' (modelPlatform.git.remote.owner): that must be an organisation or group, or the account of the credentials. Delete the repository`,
    );
  }

  /** A repository that this task pushed to already keeps what it has. */
  private async pushOnce(
    { content, message, author }: NewRepository,
    cloneUrl: string,
    task: TaskContext,
  ): Promise<string> {
    const auth = await this.options.host.gitCredentials();
    const [pushed] = await git.listServerRefs({
      http,
      url: cloneUrl,
      prefix: `refs/heads/${BRANCH}`,
      onAuth: () => auth,
      onAuthFailure: () => ({ cancel: true }),
    });
    if (pushed) return pushed.oid;
    // Of a try that was interrupted before it pushed.
    await fs.promises.rm(path.join(content, '.git'), {
      recursive: true,
      force: true,
    });
    const { commitHash } = await initRepoAndPush({
      dir: content,
      remoteUrl: cloneUrl,
      auth,
      logger: task.logger,
      defaultBranch: BRANCH,
      commitMessage: message,
      gitAuthorInfo: author,
    });
    return commitHash;
  }
}
