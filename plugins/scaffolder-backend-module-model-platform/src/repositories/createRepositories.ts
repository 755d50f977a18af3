import { AuthService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { GithubHost } from '../hosts/GithubHost';
import { GitlabHost } from '../hosts/GitlabHost';
import { readGitRemote, requireIntegration } from '../hosts/GitRemote';
import { HostedRepositories } from './HostedRepositories';
import { LocalRepositories } from './LocalRepositories';
import { Repositories } from './Repositories';

/**
 * The place that the configuration names; undefined where it names none. A Git
 * host comes before a folder, which a platform may have of earlier times.
 *
 * @throws InputError where a Git host is named that cannot be used
 * @public
 */
export function createRepositories(options: {
  config: Config;
  catalog: CatalogService;
  auth: AuthService;
}): Repositories | undefined {
  const { config, catalog, auth } = options;
  const remote = readGitRemote(config);
  if (!remote) {
    const directory = config.getOptionalString('modelPlatform.git.directory');
    return directory ? new LocalRepositories(directory) : undefined;
  }
  const integrations = ScmIntegrations.fromConfig(config);
  const { type, config: integration } = requireIntegration(
    remote,
    integrations,
  );
  const host =
    type === 'github'
      ? new GithubHost({ remote, integration, integrations })
      : new GitlabHost({ remote, integration, integrations, config });
  return new HostedRepositories({ host, remote, catalog, auth });
}
