import { DeploymentTrigger } from '@model-platform/plugin-model-platform-common';
import { Cron } from 'croner';

type Schedule = NonNullable<DeploymentTrigger['schedule']>;

/** When a schedule runs next after a time; undefined where never. */
export function nextRun(
  { cron, timezone = 'UTC' }: Schedule,
  after: Date,
): Date | undefined {
  return (
    new Cron(cron, { timezone, mode: '5-part' }).nextRun(after) ?? undefined
  );
}

/** Why a cron expression is none. */
export function scheduleProblem(cron: string): string | undefined {
  try {
    return nextRun({ cron }, new Date()) ? undefined : 'never comes to pass';
  } catch (error) {
    return `must be a cron expression of five fields such as 0 6 * * mon: ${
      error instanceof Error ? error.message : error
    }`;
  }
}
