import {
  DesiredRoute,
  ObservedDeployment,
} from '@model-platform/plugin-model-platform-node';
import { Environments } from '../environments/Environments';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { FencedDriver, fencedDriver } from './fencedDriver';
import { isAlive } from './isAlive';
import { Undertakings } from './Undertakings';

type Ending = 'removed' | 'off';

/**
 * Removes deployments and switches them off. Runners take as long as their
 * calls to go; nobody else's look waits for that.
 */
export class Endings {
  private readonly works = new Undertakings();

  /**
   * Those switched off to the end by this leader, with its lease number: one
   * that was killed on the way leaves what is around runners, without any.
   */
  private readonly emptied = new Map<string, number>();

  constructor(
    private readonly environments: Environments,
    /** Called once one has ended that a look did not wait for. */
    private readonly onLate: (deployment: string) => void,
  ) {}

  /** Whether it is still being ended in a way that is not wanted any more: what ends there would take along what begins. */
  isEndingOtherwise(record: DeploymentRecord): boolean {
    const wanted = wantedEnding(record);
    if (wanted !== 'off') this.emptied.delete(record.id);
    const others = (['removed', 'off'] as const)
      .filter(ending => ending !== wanted)
      .map(ending => keyOf(record, ending));
    for (const other of others) this.works.forget(other);
    return others.some(other => this.works.isUnderWay(other));
  }

  /** Whether nothing of it is there any more; if not, it goes on being removed. */
  async isRemoved(record: DeploymentRecord, fencing: number): Promise<boolean> {
    return await this.hasEnded(record, 'removed', () =>
      this.remove(record, fencing),
    );
  }

  /**
   * Whether nothing of it runs, and the gateway lets nobody in; if not, it goes
   * on being switched off.
   *
   * @param route - the one that leads nowhere
   */
  async isOff(
    driver: FencedDriver,
    record: DeploymentRecord,
    observed: ObservedDeployment,
    route: DesiredRoute,
  ): Promise<boolean> {
    const ref = { name: record.name };
    const key = keyOf(record, 'off');
    if (
      !this.works.isUnderWay(key) &&
      observed.routeDigest === driver.routeDigest(ref, route) &&
      !observed.runners.some(isAlive) &&
      this.emptied.get(record.id) === driver.fencing
    ) {
      this.works.forget(key);
      return true;
    }
    const isEmpty = await this.hasEnded(record, 'off', () =>
      driver.switchOff(ref, route),
    );
    if (isEmpty) this.emptied.set(record.id, driver.fencing);
    return false;
  }

  /** Resolves once nothing is under way any more. */
  async ended(): Promise<void> {
    await this.works.ended();
  }

  private hasEnded(
    record: DeploymentRecord,
    ending: Ending,
    end: () => Promise<void>,
  ): Promise<boolean> {
    return this.works.isDone(keyOf(record, ending), end, () =>
      this.onLate(record.name),
    );
  }

  /** Of an environment that is not configured any more, wherever anything of it is. */
  private async remove(
    { name, environment }: DeploymentRecord,
    fencing: number,
  ): Promise<void> {
    const { environments } = this;
    if (environments.has(environment)) {
      await fencedDriver(environments.driver(environment), fencing).remove({
        name,
      });
      return;
    }
    for (const driver of environments.drivers()) {
      if ((await driver.list()).includes(name))
        await fencedDriver(driver, fencing).remove({ name });
    }
  }
}

function keyOf({ id }: DeploymentRecord, ending: Ending): string {
  return `${id}/${ending}`;
}

function wantedEnding({ deleting, off }: DeploymentRecord): Ending | undefined {
  if (deleting) return 'removed';
  return off ? 'off' : undefined;
}
