import { NotFoundError } from '@backstage/errors';

/** The same for what does not exist and what may not be seen. */
export function deploymentNotFound(name: string): NotFoundError {
  return new NotFoundError(`There is no deployment ${name}`);
}
