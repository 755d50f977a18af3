import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { givenUpOf } from '../revisions/givenUpOf';

/** How far the revision that is wanted has come, where it was tried beside another one. */
export function canaryOf({
  canary,
  revision,
}: Pick<DeploymentRecord, 'canary' | 'revision'>): CanaryStatus | undefined {
  return canary && canary.revision === revision ? canary : undefined;
}

/** Whether the wanted revision takes steps, or still has them before it. */
export function isCanaried(record: DeploymentRecord): boolean {
  const canary = canaryOf(record);
  const stable = record.servingRevision ?? canary?.stableRevision;
  return (
    // What a person decided to serve, and what is gone back to, has none.
    record.strategy?.type === 'canary' &&
    (canary === undefined || canary.phase === 'progressing') &&
    givenUpOf(record) === undefined &&
    stable !== undefined &&
    stable !== record.revision
  );
}

/** The revision that shall have all traffic in the end, as it stands. */
export function aimOf(record: DeploymentRecord): number | undefined {
  const canary = canaryOf(record);
  return canary?.phase === 'rolled-back'
    ? canary.stableRevision
    : givenUpOf(record)?.servingRevision ?? record.revision;
}
