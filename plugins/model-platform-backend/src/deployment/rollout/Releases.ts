import { LoggerService } from '@backstage/backend-plugin-api';
import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { FencedDriver } from './fencedDriver';
import { isAlive } from './isAlive';

/** Lets go of runners that are not wanted any more. */
export class Releases {
  /**
   * Revision after whose release nothing else was left, by deployment id; of
   * this leader, since another one may have begun what it did not end.
   */
  private readonly clean = new Map<
    string,
    { revision: number; fencing: number }
  >();

  /** Draining takes as long as the requests in flight; a revoked token must not wait for it. */
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(private readonly logger: LoggerService) {}

  /**
   * Of all revisions but the one that is wanted, once it has the traffic; until
   * then of those that were overtaken before they served. Answers whether
   * runners of others are left.
   */
  releaseOthers(
    driver: FencedDriver,
    record: DeploymentRecord,
    options: {
      wanted: number;
      serving: number | undefined;
      observed: ObservedDeployment;
    },
  ): boolean {
    const { wanted, serving, observed } = options;
    const others = observed.runners.filter(
      runner => runner.revision !== wanted && runner.phase !== 'stopped',
    );
    if (observed.routedRevision === wanted) {
      const { fencing } = driver;
      const clean = this.clean.get(record.id);
      if (others.length > 0) {
        this.clean.delete(record.id);
        this.release(driver, record, [wanted]);
      } else if (clean?.revision !== wanted || clean.fencing !== fencing) {
        this.release(driver, record, [wanted], () =>
          this.clean.set(record.id, { revision: wanted, fencing }),
        );
      }
    } else if (
      others.some(runner => runner.revision !== serving && isAlive(runner))
    ) {
      this.release(driver, record, [
        wanted,
        ...(serving === undefined ? [] : [serving]),
      ]);
    }
    return others.length > 0;
  }

  private release(
    driver: FencedDriver,
    record: DeploymentRecord,
    keep: number[],
    onDone = () => {},
  ): void {
    if (this.underWay.has(record.id)) {
      return;
    }
    const work = driver
      .release(
        { name: record.name },
        { keep, newest: Math.max(record.revision ?? 0, ...keep) },
      )
      .then(onDone, error =>
        this.logger.warn(
          `Deployment ${record.name}: runners no longer wanted could not be stopped: ${error}`,
        ),
      )
      .finally(() => this.underWay.delete(record.id));
    this.underWay.set(record.id, work);
  }
}
