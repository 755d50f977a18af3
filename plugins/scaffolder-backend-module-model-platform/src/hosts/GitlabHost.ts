import { Config } from '@backstage/config';
import {
  getGitLabRequestOptions,
  GitLabIntegrationConfig,
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

const projectSchema = z.object({
  web_url: z.string(),
  http_url_to_repo: z.string(),
  description: z.string().nullish(),
});

/** A group on GitLab. */
export class GitlabHost implements GitHost {
  readonly type = 'gitlab';

  constructor(
    private readonly options: {
      remote: GitRemote;
      integration: GitLabIntegrationConfig;
      integrations: ScmIntegrations;
      config: Config;
    },
  ) {}

  async find(name: string): Promise<HostedRepository | undefined> {
    const { remote, integration } = this.options;
    const found = await readJson(
      `${integration.apiBaseUrl}/projects/${encodeURIComponent(
        `${remote.owner}/${name}`,
      )}`,
      getGitLabRequestOptions(integration).headers,
      'integrations.gitlab',
    );
    if (found === undefined) return undefined;
    const { web_url, http_url_to_repo, description } =
      projectSchema.parse(found);
    return {
      webUrl: web_url,
      cloneUrl: http_url_to_repo,
      description: description ?? '',
    };
  }

  async create(
    name: string,
    description: string,
    task: TaskContext,
  ): Promise<void> {
    const { remote, integrations, config } = this.options;
    const { createPublishGitlabAction } = load(
      '@backstage/plugin-scaffolder-backend-module-gitlab',
    ) as typeof import('@backstage/plugin-scaffolder-backend-module-gitlab');
    await createPublishGitlabAction({ integrations, config }).handler({
      ...task,
      input: {
        repoUrl: `${remote.host}?owner=${remote.owner}&repo=${name}`,
        repoVisibility: remote.visibility,
        settings: { description },
        // Pushed by us: what was interrupted in between must be found and finished.
        sourcePath: false,
      },
      output() {},
    });
  }

  fileUrl(webUrl: string, branch: string, file: string): string {
    return `${webUrl}/-/blob/${branch}/${file}`;
  }

  async gitCredentials() {
    return {
      username: 'oauth2',
      password: this.options.integration.token ?? '',
    };
  }
}
