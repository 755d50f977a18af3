import { DeploymentRecord } from '../store/DeploymentRecord';
import { GivenUp } from './GivenUp';

/** Whether the revision that is wanted was given up, and why. */
export function givenUpOf({
  givenUp,
  revision,
}: Pick<DeploymentRecord, 'givenUp' | 'revision'>): GivenUp | undefined {
  return givenUp && givenUp.revision === revision ? givenUp : undefined;
}
