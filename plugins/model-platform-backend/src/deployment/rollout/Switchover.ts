import { isError } from '@backstage/errors';
import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { canaryOf } from '../canary/canaryOf';
import { hasOverride } from '../overrides/overrides';
import { RevisionContent } from '../revisions/KnownRevisions';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { CanarySteps } from './CanarySteps';
import { DesiredRevisions } from './DesiredRevisions';
import { FencedDriver } from './fencedDriver';
import { isReady } from './isReady';
import { Preparations } from './Preparations';
import { ReadyTimes } from './ReadyTimes';
import { Releases } from './Releases';
import { RolloutOutcome } from './RolloutOutcome';
import { Traffic } from './Traffic';

/**
 * Brings the wanted revision to serve: its runners start, traffic moves to it
 * once they are ready, at once or by steps, and those of others go.
 */
export class Switchover {
  constructor(
    private readonly options: {
      desired: DesiredRevisions;
      preparations: Preparations;
      traffic: Traffic;
      steps: CanarySteps;
      times: ReadyTimes;
      releases: Releases;
    },
  ) {}

  /** Takes it as far as it comes at this look. */
  async advance(
    driver: FencedDriver,
    record: DeploymentRecord,
    options: {
      wanted: RevisionContent;
      servingBefore: number | undefined;
      /** Where the wanted revision stands, or begins, if it goes by steps. */
      tried: CanaryStatus | undefined;
      watchedSince: Date;
      signal: AbortSignal;
    },
  ): Promise<RolloutOutcome> {
    const { wanted, servingBefore, tried, watchedSince, signal } = options;
    const { traffic, times } = this.options;
    const ref = { name: record.name };
    const desired = await this.options.desired.get(record, wanted);
    const startedAt = () => record.rolloutStartedAt ?? new Date().toISOString();
    const impossible = await whyImpossible(driver, desired);
    if (impossible) {
      return {
        observed: await driver.observe(ref),
        serving: servingBefore,
        rolloutStartedAt: startedAt(),
        impossible,
        settled: true,
      };
    }
    const prepared = await this.prepare(driver, record, desired, {
      isBeside: servingBefore !== undefined && servingBefore !== wanted.number,
      signal,
    });
    const failed = isError(prepared) ? prepared : undefined;
    if (failed && isOutOfReach(failed)) {
      // No fault of the revision, whose time does not count meanwhile.
      return {
        observed: await driver.observe(ref),
        serving: servingBefore,
        rolloutStartedAt: record.rolloutStartedAt,
        error: failed,
        settled: false,
      };
    }
    if (!prepared) {
      return {
        observed: await driver.observe(ref),
        serving: servingBefore,
        rolloutStartedAt: record.rolloutStartedAt,
        preparing: true,
        // It was there before, and is made anew; steps have a time of their own.
        overdue:
          !tried &&
          record.rolloutStartedAt !== undefined &&
          times.isOverdue(record, record.rolloutStartedAt),
        settled: false,
      };
    }
    // From here on: files that are fetched and packages that are installed before take their
    // time, unless they cannot be had.
    const rolloutStartedAt = startedAt();
    let observed = await traffic.refresh(
      driver,
      record,
      await driver.observe(ref),
    );
    let serving = observed.routedRevision ?? servingBefore;
    const switched = observed.routedRevision === wanted.number;
    // What has the traffic keeps it, also where its route was lost.
    const isHeld =
      serving !== undefined &&
      serving !== wanted.number &&
      hasOverride(record.overrides, 'pause');
    const canary =
      tried && !switched
        ? await this.options.steps.next(driver, record, {
            ...{ desired, tried, observed, watchedSince, failed },
          })
        : undefined;
    if (
      !switched &&
      !tried &&
      !isHeld &&
      !failed &&
      isReady(desired, observed)
    ) {
      await traffic.sendTo(driver, record, wanted.number, observed);
      observed = await driver.observe(ref);
      serving = wanted.number;
    }
    const areOthersLeft = this.options.releases.releaseOthers(driver, record, {
      wanted: wanted.number,
      serving,
      observed,
    });
    const ready = !failed && isReady(desired, observed);
    const done = observed.routedRevision === wanted.number && ready;
    if (canary) {
      return {
        observed,
        serving,
        rolloutStartedAt,
        canary,
        error: canary.phase === 'progressing' ? failed : undefined,
        // What has moved on is put in force at once.
        settled: isSameStep(canary, canaryOf(record)),
        lookAgainAt: canary.until ? Date.parse(canary.until) : undefined,
      };
    }
    const isWaiting = isHeld && ready && !done;
    const overdue =
      !done && !isWaiting && times.isOverdue(record, rolloutStartedAt);
    const givenUp =
      overdue && !isHeld
        ? times.givenUp(record, {
            observed,
            rolloutStartedAt,
            watchedSince,
            failed,
          })
        : undefined;
    return {
      observed,
      serving,
      rolloutStartedAt,
      isReady: ready,
      isHeld: isWaiting,
      overdue: overdue && !givenUp,
      givenUp,
      error: givenUp ? undefined : failed,
      settled: isWaiting || (done && !areOthersLeft),
    };
  }

  /**
   * Whether it is applied by now, or what that failed with where another one
   * serves: what there is to say of that one does not wait for it.
   */
  private async prepare(
    driver: FencedDriver,
    record: DeploymentRecord,
    desired: DesiredRevision,
    { isBeside, signal }: { isBeside: boolean; signal: AbortSignal },
  ): Promise<boolean | Error> {
    try {
      return await this.options.preparations.isApplied(
        driver,
        record,
        desired,
        signal,
      );
    } catch (error) {
      if (!isBeside || signal.aborted || !isError(error) || isOvertaken(error))
        throw error;
      return error;
    }
  }
}

async function whyImpossible(
  driver: FencedDriver,
  desired: DesiredRevision,
): Promise<string | undefined> {
  for (const runtime of new Set(
    desired.variants.map(({ version }) => version.runtime),
  )) {
    const reason = await driver.unavailable(runtime);
    if (reason) {
      return `The ${runtime} runtime cannot be used here: ${reason}`;
    }
  }
  return undefined;
}

/** Another portal leads, or somebody has changed it meanwhile. */
function isOvertaken({ name }: Error): boolean {
  return name === 'ConflictError' || name === 'LeaseLostError';
}

function isOutOfReach({ name }: Error): boolean {
  return name === 'ServiceUnavailableError';
}

function isSameStep(
  canary: CanaryStatus,
  before: CanaryStatus | undefined,
): boolean {
  return (
    canary.phase === before?.phase &&
    canary.step === before.step &&
    canary.since !== undefined
  );
}
