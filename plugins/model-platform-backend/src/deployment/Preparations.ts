import { setTimeout as sleep } from 'node:timers/promises';
import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from './DeploymentStore';
import { FencedDriver } from './fencedDriver';

/** How long a look at a deployment waits for what is mostly done at once. */
const PATIENCE_MS = 1_000;

interface Preparation {
  deploymentId: string;
  revision: number;
  /** Rejects with what the driver failed with. */
  work: Promise<void>;
  abort: AbortController;
}

/**
 * Lets drivers apply revisions. That takes minutes where files and packages are
 * fetched; what else there is to do for a deployment, such as passing on that a
 * token was revoked, does not wait for it.
 */
export class Preparations {
  private readonly underWay = new Map<string, Preparation>();

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
    let known = this.underWay.get(key);
    if (!known) {
      const abort = new AbortController();
      known = {
        deploymentId: record.id,
        revision: desired.revision,
        abort,
        work: driver.apply(desired, {
          signal: AbortSignal.any([signal, abort.signal]),
        }),
      };
      known.work.catch(() => undefined);
      this.underWay.set(key, known);
    }
    const patience = new AbortController();
    try {
      const isApplied = await Promise.race([
        known.work.then(() => true),
        sleep(PATIENCE_MS, false, { signal: patience.signal }),
      ]);
      if (isApplied) this.underWay.delete(key);
      return isApplied;
    } catch (error) {
      this.underWay.delete(key);
      throw error;
    } finally {
      patience.abort();
    }
  }

  /** Ends what is under way for other revisions of a deployment than these. */
  async endOthers(deploymentId: string, wanted: number[]): Promise<void> {
    const others = [...this.underWay].filter(
      ([, one]) =>
        one.deploymentId === deploymentId && !wanted.includes(one.revision),
    );
    for (const [key, { abort, work }] of others) {
      abort.abort();
      await work.catch(() => undefined);
      this.underWay.delete(key);
    }
  }

  /** Resolves once nothing is under way any more: after its signal was aborted. */
  async ended(): Promise<void> {
    await Promise.allSettled([...this.underWay.values()].map(one => one.work));
  }
}
