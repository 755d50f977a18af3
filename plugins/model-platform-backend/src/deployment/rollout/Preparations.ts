import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { FencedDriver } from './fencedDriver';
import { Undertakings } from './Undertakings';

interface Preparation {
  deploymentId: string;
  revision: number;
  abort: AbortController;
}

/**
 * Lets drivers apply revisions. That takes minutes where files and packages are
 * fetched; what else there is to do for a deployment, such as passing on that a
 * token was revoked, does not wait for it.
 */
export class Preparations {
  private readonly works = new Undertakings();

  private readonly underWay = new Map<string, Preparation>();

  /** @param onLate - called once one is applied, or failed, that a look did not wait for */
  constructor(private readonly onLate: (deployment: string) => void) {}

  /**
   * Whether the driver has applied it by now; if not, it goes on with it, and
   * is asked again. Throws what it failed with, and begins anew after that.
   */
  async isApplied(
    driver: FencedDriver,
    record: DeploymentRecord,
    desired: DesiredRevision,
    signal: AbortSignal,
  ): Promise<boolean> {
    const key = `${record.id}/${desired.revision}`;
    const begin = () => {
      const abort = new AbortController();
      this.underWay.set(key, {
        deploymentId: record.id,
        revision: desired.revision,
        abort,
      });
      return driver.apply(desired, {
        signal: AbortSignal.any([signal, abort.signal]),
      });
    };
    const isDone = await this.works.isDone(key, begin, () =>
      this.onLate(record.name),
    );
    if (isDone) this.underWay.delete(key);
    return isDone;
  }

  /** Ends what is under way for other revisions of a deployment than these. */
  async endOthers(deploymentId: string, wanted: number[]): Promise<void> {
    const others = [...this.underWay].filter(
      ([, one]) =>
        one.deploymentId === deploymentId && !wanted.includes(one.revision),
    );
    for (const [key, { abort }] of others) {
      abort.abort();
      await this.works.over(key);
      this.underWay.delete(key);
    }
  }

  /** Resolves once nothing is under way any more: after its signal was aborted. */
  async ended(): Promise<void> {
    await this.works.ended();
  }
}
