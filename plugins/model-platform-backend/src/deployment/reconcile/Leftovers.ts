import { LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { Environments } from '../environments/Environments';
import { RolloutOutcome } from '../rollout/RolloutOutcome';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord, DeploymentStatus } from '../store/DeploymentRecord';
import { EngineWork } from './EngineWork';

/** Removes from engines what no deployment wants there any more. */
export class Leftovers {
  /** Ids of those that were seen serving, or off, at the driver of their environment. */
  private readonly arrived = new Set<string>();

  constructor(
    private readonly options: {
      store: DeploymentStore;
      environments: Environments;
      logger: LoggerService;
      /** Called after each removal: who took the name may be looked at. */
      onRemoved: () => void;
    },
  ) {}

  /** Notes what a look has found. */
  note(
    record: DeploymentRecord,
    outcome: RolloutOutcome,
    status: DeploymentStatus,
  ): void {
    const isAvailable = status.conditions.some(
      one => one.type === 'Available' && one.status === 'True',
    );
    if (outcome.settled && (isAvailable || record.off))
      this.arrived.add(record.id);
  }

  /** Forgets those that are not there any more. */
  keepOnly(ids: { has(id: string): boolean }): void {
    for (const id of this.arrived) {
      if (!ids.has(id)) this.arrived.delete(id);
    }
  }

  forgetAll(): void {
    this.arrived.clear();
  }

  /**
   * What runs without a deployment that wants it there, e.g. of one deleted while
   * an engine was away, or of an environment that another driver has now, once it
   * serves there.
   */
  remove(
    driver: DeploymentDriver,
    engine: EngineWork,
    fencing: number,
    underWay: Set<Promise<void>>,
  ): void {
    if (engine.isListing) return;
    engine.isListing = true;
    const listing = this.namesOf(driver)
      .then(names => {
        for (const name of names) {
          if (engine.inFlight.has(name)) continue;
          this.options.logger.info(
            `Removing ${name} from ${driver.name}, where no deployment wants it any more`,
          );
          // Who takes the name meanwhile is not looked at before it is free.
          engine.inFlight.add(name);
          const work = engine
            .clearing(() => driver.remove({ name }, { fencing }))
            .catch(error => this.logUnreachable(driver, error))
            .finally(() => {
              engine.inFlight.delete(name);
              underWay.delete(work);
              this.options.onRemoved();
            });
          underWay.add(work);
        }
      })
      .catch(error => this.logUnreachable(driver, error))
      .finally(() => {
        engine.isListing = false;
        underWay.delete(listing);
      });
    underWay.add(listing);
  }

  private async namesOf(driver: DeploymentDriver): Promise<string[]> {
    const { store, environments } = this.options;
    // First what runs, then what is wanted: what is made in between is no leftover.
    const running = await driver.list();
    const wanted = new Set<string>();
    for (const { id, name, environment } of await store.all()) {
      // Nobody knows where those of an environment without a driver ran.
      const its = environments.findDriver(environment) ?? driver;
      // An environment may have been given another driver by mistake.
      if (its === driver || !this.arrived.has(id)) wanted.add(name);
    }
    return running.filter(name => !wanted.has(name));
  }

  private logUnreachable(driver: DeploymentDriver, error: unknown): void {
    this.options.logger.warn(
      `The driver ${driver.name} does not answer: ${
        isError(error) ? error.message : error
      }`,
    );
  }
}
