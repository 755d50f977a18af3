import {
  LoggerService,
  SchedulerServiceTaskRunner,
} from '@backstage/backend-plugin-api';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { toError } from '@backstage/errors';
import {
  DeferredEntity,
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import { EventsService } from '@backstage/plugin-events-node';
import { GIT_EVENTS_TOPIC } from '@model-platform/plugin-model-platform-common';
import { RetryingTask } from '../RetryingTask';
import { GitRepository } from './GitRepository';
import { readRepositoryEntities } from './readRepositoryEntities';

const NAME = 'model-platform-git';
const EVENT_DELAY_MS = 50;

/** What is known of a repository since it was last read well. */
interface KnownRepository {
  /** Branch and commit, or `empty`. */
  state: string;
  entities: Entity[];
}

/**
 * Reads deployments as code, and the components beside them, from the bare
 * repositories in a folder. Looks at their heads only, until one has moved.
 *
 * A repository that cannot be read keeps what it declared before; a file that
 * cannot be parsed drops only itself.
 */
export class GitRepositoriesProvider implements EntityProvider {
  private connection: EntityProviderConnection | undefined;
  private readonly task: RetryingTask;
  private readonly known = new Map<string, KnownRepository>();
  private readonly unreadable = new Set<string>();
  private appliedState: string | undefined;

  constructor(
    private readonly options: {
      /** Folder with `<name>.git` in it. */
      directory: string;
      taskRunner: SchedulerServiceTaskRunner;
      events: EventsService;
      logger: LoggerService;
    },
  ) {
    this.task = new RetryingTask(
      `Reading Git repositories in ${options.directory}`,
      options.logger,
      () => this.sync(),
    );
  }

  getProviderName(): string {
    return NAME;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    this.connection = connection;
    await this.options.taskRunner.run({
      id: NAME,
      fn: () => this.task.request(),
    });
    await this.options.events.subscribe({
      id: NAME,
      topics: [GIT_EVENTS_TOPIC],
      onEvent: async () => this.task.requestIn(EVENT_DELAY_MS),
    });
  }

  stop(): void {
    this.task.stop();
  }

  private async sync(): Promise<void> {
    if (!this.connection)
      throw new Error(`${NAME} is not connected to the catalog`);
    const repositories = await GitRepository.list(this.options.directory);
    // No folder: nothing was made yet, or it is gone for a while. Neither deletes anything.
    if (!repositories) return;

    const names = new Set(repositories.map(repository => repository.name));
    for (const name of this.known.keys())
      if (!names.has(name)) this.known.delete(name);
    let complete = true;
    for (const repository of repositories) {
      try {
        await this.readIfMoved(repository);
        this.unreadable.delete(repository.name);
      } catch (error) {
        this.reportUnreadable(repository.name, toError(error));
        // Known from before: stays as it was. Else nobody knows what it declared.
        if (!this.known.has(repository.name)) complete = false;
      }
    }

    const state = JSON.stringify([
      complete,
      [...this.known].map(([name, known]) => [name, known.state]).sort(),
    ]);
    if (state === this.appliedState) return;
    const entities = this.deferredEntities();
    await this.connection.applyMutation(
      complete
        ? { type: 'full', entities }
        : { type: 'delta', added: entities, removed: [] },
    );
    this.appliedState = state;
  }

  private async readIfMoved(repository: GitRepository): Promise<void> {
    const head = await repository.head();
    const state = head ? `${head.branch}@${head.commit}` : 'empty';
    if (this.known.get(repository.name)?.state === state) return;
    const { entities, problems } = head
      ? await readRepositoryEntities(repository, head)
      : { entities: [], problems: [] };
    for (const problem of problems) {
      this.options.logger.warn(
        `Repository ${repository.name} at ${state}: ${problem}`,
      );
    }
    this.known.set(repository.name, { state, entities });
  }

  private deferredEntities(): DeferredEntity[] {
    const owners = new Map<string, string>();
    const deferred: DeferredEntity[] = [];
    for (const [name, { entities }] of [...this.known].sort(([a], [b]) =>
      a.localeCompare(b),
    )) {
      for (const entity of entities) {
        const ref = stringifyEntityRef(entity);
        const owner = owners.get(ref);
        if (owner) {
          this.options.logger.warn(
            `Repository ${name}: ${ref} is left out, ${owner} declares it already`,
          );
          continue;
        }
        owners.set(ref, name);
        deferred.push({ entity, locationKey: `${NAME}:${name}` });
      }
    }
    return deferred;
  }

  private reportUnreadable(name: string, error: Error): void {
    if (this.unreadable.has(name)) return;
    this.unreadable.add(name);
    this.options.logger.warn(
      `Repository ${name} cannot be read; what it declared before stays: ${error.message}`,
    );
  }
}
