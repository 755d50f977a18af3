import { V1Lifecycle } from '@kubernetes/client-node';

/** Until everybody in the cluster has heard that the pod is going. */
const PRE_STOP_SECONDS = 5;
/** For what a program does after its last call. */
const SPARE_SECONDS = 5;

/** How a pod ends without a failed call: first nobody sends it new ones, then those in flight finish. */
export function drainingPod(timeoutSeconds: number): {
  lifecycle: V1Lifecycle;
  drainMs: number;
  graceSeconds: number;
} {
  return {
    lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } },
    drainMs: Math.ceil(timeoutSeconds * 1000),
    graceSeconds: PRE_STOP_SECONDS + Math.ceil(timeoutSeconds) + SPARE_SECONDS,
  };
}
