import { InputError } from '@backstage/errors';

/** MLflow's rules. Throws `InputError`. */
export function checkAliasName(alias: string): void {
  if (!/^[\w-]{1,255}$/.test(alias)) {
    throw new InputError(
      `Invalid alias name '${alias}': only letters, digits, underscores and dashes, 255 characters at most`,
    );
  }
  if (alias.toLocaleLowerCase('en-US') === 'latest') {
    throw new InputError(
      `The alias '${alias}' is reserved: it always names the newest version`,
    );
  }
  if (/^v?\d+$/i.test(alias)) {
    throw new InputError(
      `The alias '${alias}' is reserved: it looks like the number of a version`,
    );
  }
}
