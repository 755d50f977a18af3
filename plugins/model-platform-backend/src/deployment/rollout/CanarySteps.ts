import { LoggerService } from '@backstage/backend-plugin-api';
import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import {
  DesiredRevision,
  ObservedDeployment,
} from '@model-platform/plugin-model-platform-node';
import { CanaryAnalyst } from '../canary/CanaryAnalyst';
import { canaryOf, isCanaried } from '../canary/canaryOf';
import { firstStep, nextCanary } from '../canary/nextCanary';
import { hasOverride } from '../overrides/overrides';
import { KnownRevisions, RevisionContent } from '../revisions/KnownRevisions';
import { sameContent } from '../revisions/sameContent';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { DesiredRoutes } from './DesiredRoutes';
import { FencedDriver } from './fencedDriver';
import { isReady } from './isReady';
import { lastWordOf } from './lastWordOf';
import { ReadyTimes } from './ReadyTimes';

/** Says how far a revision has come that gets its traffic by steps. */
export class CanarySteps {
  constructor(
    private readonly options: {
      revisions: KnownRevisions;
      routes: DesiredRoutes;
      times: ReadyTimes;
      analyst: CanaryAnalyst;
      logger: LoggerService;
    },
  ) {}

  /** Where the wanted revision stands, or would begin; undefined where it takes no steps. */
  async stand(
    record: DeploymentRecord,
    wanted: RevisionContent,
    serving: number | undefined,
  ): Promise<CanaryStatus | undefined> {
    const { strategy } = record;
    if (
      !strategy ||
      !isCanaried(record) ||
      serving === undefined ||
      serving === wanted.number
    ) {
      return undefined;
    }
    const begun = canaryOf(record);
    if (begun) {
      return begun;
    }
    const stable = await this.options.revisions.require(record, serving);
    return sameContent(stable, wanted)
      ? undefined
      : firstStep(
          {
            revision: wanted.number,
            stableRevision: stable.number,
            stable: stable.variants,
          },
          strategy,
          new Date(),
        );
  }

  /** Undefined until there is a first step. */
  async next(
    driver: FencedDriver,
    record: DeploymentRecord,
    options: {
      desired: DesiredRevision;
      tried: CanaryStatus;
      observed: ObservedDeployment;
      watchedSince: Date;
      /** Why it could not be prepared. */
      failed?: Error;
    },
  ): Promise<CanaryStatus | undefined> {
    const { desired, tried, observed, watchedSince, failed } = options;
    const { strategy } = record;
    const isPaused = hasOverride(record.overrides, 'pause');
    const ready = !failed && isReady(desired, observed);
    if (!strategy || !canaryOf(record)) {
      return ready && !isPaused ? tried : undefined;
    }
    const now = new Date();
    const route = await this.options.routes.to(
      driver,
      record,
      tried.stableRevision,
      observed,
    );
    return nextCanary(tried, {
      strategy,
      decision: record.decision,
      isPaused,
      isReady: ready,
      runnersSay: failed?.message ?? lastWordOf(observed, desired.revision),
      isRouted:
        observed.routedRevision === tried.stableRevision &&
        observed.routeDigest ===
          driver.routeDigest({ name: record.name }, route),
      ...(await this.judge(record, tried, now)),
      readyTimeoutMs: this.options.times.timeoutMs(record),
      watchedSince,
      now,
    });
  }

  /** Figures that cannot be had are waited for, as long as the canary waits for any. */
  private async judge(
    record: DeploymentRecord,
    tried: CanaryStatus,
    now: Date,
  ) {
    try {
      return await this.options.analyst.judge(
        record,
        tried,
        record.strategy,
        now,
      );
    } catch (error) {
      this.options.logger.warn(
        `Deployment ${record.name}: figures of revision ${tried.revision} could not be had: ${error}`,
      );
      return { analysis: tried.analysis };
    }
  }
}
