import { DeploymentOverride } from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from '../access/DeploymentActor';

/** What a person puts beside the spec from now on. */
export function newOverride(
  kind: DeploymentOverride['kind'],
  actor: DeploymentActor,
  reason: string | undefined,
): DeploymentOverride {
  return {
    kind,
    by: actor.name,
    since: new Date().toISOString(),
    ...(reason ? { reason } : {}),
  };
}
