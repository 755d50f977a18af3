import { ActionContext } from '@backstage/plugin-scaffolder-node';
import { JsonObject } from '@backstage/types';

/** What a repository is begun with. @public */
export interface NewRepository {
  name: string;
  /** Folder with its first content; files that its `.gitignore` names are left out. */
  content: string;
  /** Message of the first commit. */
  message: string;
  author: { name: string; email: string };
  /** The task that asks; asking again it gets what it made. */
  taskId: string;
}

/** Where a repository is, or will be. @public */
export interface RepositoryAddress {
  /** What `git clone` takes. */
  remoteUrl: string;
  /** Its page; a folder of this machine has none. */
  webUrl?: string;
}

/** A repository that was made, with its first commit. @public */
export interface MadeRepository extends RepositoryAddress {
  branch: string;
  commit: string;
}

/** What Backstage's own actions need of the task. @public */
export type TaskContext = Omit<ActionContext<JsonObject>, 'input' | 'output'>;

/** The place in which templates begin repositories. @public */
export interface Repositories {
  /** Whose pipelines a repository here has; `local` runs none. */
  readonly type: 'local' | 'github' | 'gitlab';

  addressOf(name: string): RepositoryAddress;

  /**
   * Makes a repository with its first commit.
   *
   * @throws InputError for a name that cannot be one; ConflictError where there
   *   is such a repository already.
   */
  create(repository: NewRepository, task: TaskContext): Promise<MadeRepository>;

  /** Has the catalog read these files of a repository; asking again does nothing more. */
  register(made: MadeRepository, files: string[]): Promise<void>;
}
