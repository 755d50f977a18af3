import { InputError } from '@backstage/errors';

const NAME = /^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/;

/** @throws InputError for what cannot be the name of a repository, here or on any host. */
export function requireName(name: string): void {
  if (!NAME.test(name)) {
    throw new InputError(
      `'${name}' cannot be the name of a repository: use 1 to 50 lower-case letters, digits and dashes, with a letter or digit at both ends`,
    );
  }
}
