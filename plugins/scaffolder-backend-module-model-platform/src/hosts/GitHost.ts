import { TaskContext } from '../repositories/Repositories';

/** What a host tells of a repository. */
export interface HostedRepository {
  /** Its page. */
  webUrl: string;
  /** What `git clone` takes. */
  cloneUrl: string;
  description: string;
}

/** GitHub or GitLab, with the configured owner's repositories. */
export interface GitHost {
  readonly type: 'github' | 'gitlab';

  /** Undefined where the owner has none of this name, or the credentials may not see it. */
  find(name: string): Promise<HostedRepository | undefined>;

  /** Makes an empty one, with Backstage's own action. */
  create(name: string, description: string, task: TaskContext): Promise<void>;

  /** Address of a file on a branch, as the catalog's reader takes it. */
  fileUrl(webUrl: string, branch: string, file: string): string;

  /** For Git over HTTP. */
  gitCredentials(): Promise<{ username: string; password: string }>;
}
