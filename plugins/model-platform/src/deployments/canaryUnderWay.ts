import {
  CanaryStatus,
  Deployment,
} from '@model-platform/plugin-model-platform-common';

/** The canary that gets calls now, or would. */
export function canaryUnderWay({
  canary,
  off,
}: Deployment): CanaryStatus | undefined {
  return canary?.phase === 'progressing' && !off ? canary : undefined;
}
