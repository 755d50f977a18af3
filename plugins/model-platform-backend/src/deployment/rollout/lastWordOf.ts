import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';

/** What the runners of a revision say of why they are not ready. */
export function lastWordOf(
  observed: ObservedDeployment | undefined,
  revision: number | undefined,
): string | undefined {
  return observed?.runners.find(
    runner =>
      runner.revision === revision &&
      runner.phase !== 'ready' &&
      runner.message,
  )?.message;
}
