import { canaryOf, isCanaried } from '../canary/canaryOf';
import { givenUpOf } from '../revisions/givenUpOf';
import { DeploymentRecord } from '../store/DeploymentRecord';

/** No canary of it is under way, and none was rolled back, nor a revision given up: what is asked for has nothing to try again. */
export function isSettled(deployment: DeploymentRecord): boolean {
  return (
    canaryOf(deployment)?.phase !== 'rolled-back' &&
    !isCanaried(deployment) &&
    givenUpOf(deployment) === undefined
  );
}
