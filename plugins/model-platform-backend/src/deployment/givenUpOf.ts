import { DeploymentRecord } from './DeploymentStore';

/** A revision that did not become ready in time while another one served. */
export interface GivenUp {
  revision: number;
  /** The one that goes on. */
  servingRevision: number;
  /** What its runners said last: they are gone. */
  runnersSay?: string;
}

/** Whether the revision that is wanted was given up, and why. */
export function givenUpOf({
  givenUp,
  revision,
}: Pick<DeploymentRecord, 'givenUp' | 'revision'>): GivenUp | undefined {
  return givenUp && givenUp.revision === revision ? givenUp : undefined;
}
