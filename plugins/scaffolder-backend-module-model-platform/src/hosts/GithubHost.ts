import { NotFoundError } from '@backstage/errors';
import {
  DefaultGithubCredentialsProvider,
  GithubIntegrationConfig,
  ScmIntegrations,
} from '@backstage/integration';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { TaskContext } from '../repositories/Repositories';
import { GitHost, HostedRepository } from './GitHost';
import { GitRemote } from './GitRemote';
import { readJson } from './readJson';

/** Loads when it is needed: Backstage's actions bring a whole API client, some 30 MB. */
const load = createRequire(__filename);

const repositorySchema = z.object({
  html_url: z.string(),
  clone_url: z.string(),
  description: z.string().nullish(),
});

/** An organisation on GitHub, with a token or as a GitHub App. */
export class GithubHost implements GitHost {
  readonly type = 'github';

  private readonly credentials: DefaultGithubCredentialsProvider;

  constructor(
    private readonly options: {
      remote: GitRemote;
      integration: GithubIntegrationConfig;
      integrations: ScmIntegrations;
    },
  ) {
    this.credentials = DefaultGithubCredentialsProvider.fromIntegrations(
      options.integrations,
    );
  }

  async find(name: string): Promise<HostedRepository | undefined> {
    const { remote, integration } = this.options;
    const { headers } = await this.getCredentials();
    const found = await readJson(
      `${integration.apiBaseUrl}/repos/${remote.owner}/${name}`,
      headers,
      'integrations.github',
    );
    if (found === undefined) return undefined;
    const { html_url, clone_url, description } = repositorySchema.parse(found);
    return {
      webUrl: html_url,
      cloneUrl: clone_url,
      description: description ?? '',
    };
  }

  async create(
    name: string,
    description: string,
    task: TaskContext,
  ): Promise<void> {
    const { remote, integrations } = this.options;
    const { createGithubRepoCreateAction } = load(
      '@backstage/plugin-scaffolder-backend-module-github',
    ) as typeof import('@backstage/plugin-scaffolder-backend-module-github');
    const action = createGithubRepoCreateAction({
      integrations,
      githubCredentialsProvider: this.credentials,
    });
    await action.handler({
      ...task,
      input: {
        repoUrl: `${remote.host}?owner=${remote.owner}&repo=${name}`,
        repoVisibility: remote.visibility,
        description,
      },
      output() {},
    });
  }

  fileUrl(webUrl: string, branch: string, file: string): string {
    return `${webUrl}/blob/${branch}/${file}`;
  }

  async gitCredentials() {
    const { token } = await this.getCredentials();
    if (!token) {
      const { host, owner } = this.options.remote;
      throw new NotFoundError(
        `integrations.github has no credentials for ${owner} on ${host}; a GitHub App must be installed there`,
      );
    }
    return { username: 'x-access-token', password: token };
  }

  private async getCredentials() {
    const { host, owner } = this.options.remote;
    return await this.credentials.getCredentials({
      url: `https://${host}/${owner}`,
    });
  }
}
