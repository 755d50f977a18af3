import { ConflictError } from '@backstage/errors';

/** What is archived gets no version and no alias. */
export function archivedModelError(name: string): ConflictError {
  return new ConflictError(
    `The model ${name} is archived; restore it first (PATCH with archived: false)`,
  );
}
