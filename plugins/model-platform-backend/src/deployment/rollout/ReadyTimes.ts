import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';
import { aimOf, canaryOf } from '../canary/canaryOf';
import { Environments } from '../environments/Environments';
import { GivenUp } from '../revisions/GivenUp';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { answers } from './answers';
import { lastWordOf } from './lastWordOf';

/** Where neither configuration nor the driver says. */
const READY_TIMEOUT_MS = 120_000;

/** How long revisions may take to become ready, and which of them are given up after that. */
export class ReadyTimes {
  constructor(
    private readonly environments: Environments,
    /** Of all engines; what each driver says where absent. */
    private readonly readyTimeoutMs: number | undefined,
  ) {}

  timeoutMs({ environment }: DeploymentRecord): number {
    return (
      this.readyTimeoutMs ??
      this.environments.findDriver(environment)?.readyTimeoutMs ??
      READY_TIMEOUT_MS
    );
  }

  isOverdue(record: DeploymentRecord, startedAt: string): boolean {
    return Date.now() - Date.parse(startedAt) > this.timeoutMs(record);
  }

  /** Of the revision that is overdue: once it had its time before somebody's eyes, and another one answers. */
  givenUp(
    record: DeploymentRecord,
    options: {
      observed: ObservedDeployment;
      rolloutStartedAt: string;
      watchedSince: Date;
      /** Why it could not be prepared. */
      failed?: Error;
    },
  ): GivenUp | undefined {
    const { observed, rolloutStartedAt, watchedSince, failed } = options;
    const { revision } = record;
    const servingRevision = observed.routedRevision;
    const since = [
      rolloutStartedAt,
      watchedSince.toISOString(),
      // Its steps took as long as they took.
      canaryOf(record)?.endedAt,
    ].flatMap(time => time ?? []);
    if (
      revision === undefined ||
      revision !== aimOf(record) ||
      servingRevision === undefined ||
      servingRevision === revision ||
      // Callers do not get there.
      observed.message !== undefined ||
      !answers(observed, servingRevision) ||
      !since.every(time => this.isOverdue(record, time))
    ) {
      return undefined;
    }
    return {
      revision,
      servingRevision,
      ...(failed
        ? { couldNotBePrepared: failed.message }
        : { runnersSay: lastWordOf(observed, revision) }),
    };
  }
}
