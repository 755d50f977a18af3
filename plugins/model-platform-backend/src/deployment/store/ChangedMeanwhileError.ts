import { ConflictError } from '@backstage/errors';

/** Someone else changed the deployment after it was read. */
export class ChangedMeanwhileError extends ConflictError {
  constructor(deployment: string) {
    super(
      `Deployment ${deployment} was changed by someone else in the meantime; read it again and repeat`,
    );
    this.name = 'ConflictError';
  }
}
