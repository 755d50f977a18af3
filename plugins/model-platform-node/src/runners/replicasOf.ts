import {
  Replicas,
  Resources,
} from '@model-platform/plugin-model-platform-common';

/** Where nobody says: what a runner of ordinary size answers side by side. */
const IN_FLIGHT = 4;
const IDLE_SECONDS = 300;

/** How many runners a variant has: what the deployment says, else its version. @public */
export function replicasOf(
  ofDeployment: Resources | undefined,
  variant: { version: { resources?: Resources }; shadowShare?: number },
): Required<Replicas> {
  const said = ofDeployment?.replicas ?? variant.version.resources?.replicas;
  const { min = 1, max = 1 } = said ?? {};
  return {
    inFlight: IN_FLIGHT,
    idleSeconds: IDLE_SECONDS,
    ...said,
    // Nobody waits for copies: they would never wake it.
    min: variant.shadowShare ? Math.max(min, 1) : min,
    max: Math.max(max, 1),
  };
}
