import { ConflictError } from '@backstage/errors';
import { DeploymentRecord } from '../store/DeploymentRecord';

/** Changes with every change of desired state. */
export function etagOf(deployment: DeploymentRecord): string {
  return `"${deployment.id.slice(0, 8)}-${deployment.changes}"`;
}

/** Of HTTP: in which state a deployment must be for what is asked to be done. */
export interface Precondition {
  ifMatch?: string;
  /** `*`: there must be none. */
  ifNoneMatch?: string;
}

/**
 * Throws `ConflictError` where there is no deployment though one was read,
 * where there is one though none must be, or another one than was read.
 */
export function requirePrecondition(
  name: string,
  deployment: DeploymentRecord | undefined,
  { ifMatch, ifNoneMatch }: Precondition,
): void {
  if (!deployment && ifMatch !== undefined) {
    throw new ConflictError(
      `There is no deployment ${name}, as it was read (If-Match ${ifMatch}); to make one of this name, say nothing of what was there before`,
    );
  }
  if (deployment && ifNoneMatch === '*') {
    throw new ConflictError(
      `There is a deployment ${name} already; choose another name, or change that one`,
    );
  }
  if (deployment) requireMatch(deployment, ifMatch);
}

/** Throws `ConflictError` where the deployment is another one than was read. */
export function requireMatch(
  deployment: DeploymentRecord,
  ifMatch: string | undefined,
): void {
  if (ifMatch === undefined || ifMatch === '*') {
    return;
  }
  const wanted = ifMatch.split(',').map(tag => tag.trim().replace(/^W\//, ''));
  if (!wanted.includes(etagOf(deployment))) {
    throw new ConflictError(
      `Deployment ${deployment.name} was changed since it was read (${etagOf(
        deployment,
      )}); read it again`,
    );
  }
}
