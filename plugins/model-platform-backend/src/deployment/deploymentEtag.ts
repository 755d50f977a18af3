import { ConflictError } from '@backstage/errors';
import { DeploymentRecord } from './DeploymentStore';

/** Changes with every change of desired state. */
export function etagOf(deployment: DeploymentRecord): string {
  return `"${deployment.id.slice(0, 8)}-${deployment.changes}"`;
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
