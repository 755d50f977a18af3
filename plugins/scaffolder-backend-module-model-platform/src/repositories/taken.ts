import { ConflictError } from '@backstage/errors';

/** Somebody else's repository has the name. */
export function taken(name: string): ConflictError {
  return new ConflictError(
    `There is a repository '${name}' already. Choose another name; nothing was changed`,
  );
}
