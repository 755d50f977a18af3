import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  GithubIntegrationConfig,
  GitLabIntegrationConfig,
  ScmIntegrations,
} from '@backstage/integration';

const KEY = 'modelPlatform.git.remote';
const VISIBILITIES = ['private', 'internal', 'public'] as const;

/** Where on which host repositories are made. */
export interface GitRemote {
  host: string;
  owner: string;
  visibility: (typeof VISIBILITIES)[number];
}

/** Reads `modelPlatform.git.remote`. */
export function readGitRemote(config: Config): GitRemote | undefined {
  const remote = config.getOptionalConfig(KEY);
  if (!remote) return undefined;
  const host = remote.getString('host');
  const owner = remote.getString('owner');
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(owner)) {
    throw new InputError(
      `${KEY}.owner is '${owner}', but must be the name of an organisation, or the path of a group such as 'acme/models'`,
    );
  }
  const wanted = remote.getOptionalString('visibility') ?? 'private';
  const visibility = VISIBILITIES.find(each => each === wanted);
  if (!visibility) {
    throw new InputError(
      `${KEY}.visibility is '${wanted}', but must be one of ${VISIBILITIES.join(
        ', ',
      )}`,
    );
  }
  return { host, owner, visibility };
}

/** The integration of a host, which has its addresses and credentials. */
export type HostIntegration =
  | { type: 'github'; config: GithubIntegrationConfig }
  | { type: 'gitlab'; config: GitLabIntegrationConfig };

/** @throws InputError where no integration has credentials for the host. */
export function requireIntegration(
  { host }: GitRemote,
  integrations: ScmIntegrations,
): HostIntegration {
  const github = integrations.github.byHost(host)?.config;
  if (github?.token || github?.apps?.length)
    return { type: 'github', config: github };
  const gitlab = integrations.gitlab.byHost(host)?.config;
  if (gitlab?.token) return { type: 'gitlab', config: gitlab };

  // Backstage knows github.com and gitlab.com without being told, with no credentials.
  const inGithub = `integrations.github (host: ${host}, and token or apps)`;
  const inGitlab = `integrations.gitlab (host: ${host}, and token)`;
  throw new InputError(
    `${KEY}.host is '${host}', for which there are no credentials: add ${
      (github && inGithub) ||
      (gitlab && inGitlab) ||
      `${inGithub} or ${inGitlab}`
    }`,
  );
}
