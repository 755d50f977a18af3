import { ConflictError } from '@backstage/errors';
import { DeploymentRecord } from '../store/DeploymentRecord';

/** Throws `ConflictError` where what a deployment shall be is said elsewhere. */
export function requireSource(
  deployment: DeploymentRecord,
  given: { source?: string; movedFrom?: string },
): void {
  const { name, source } = deployment;
  if (
    isDeclared(deployment) &&
    given.source !== undefined &&
    given.source !== source &&
    given.movedFrom !== source
  ) {
    throw new ConflictError(
      `The deployment ${name} is declared in ${source}; change or remove it there. What holds beside its file: off, pause, rollback and promote`,
    );
  }
}

/** Whether a file in Git says what it shall be. */
export function isDeclared({ source, orphanedAt }: DeploymentRecord): boolean {
  return source !== 'api' && orphanedAt === undefined;
}
