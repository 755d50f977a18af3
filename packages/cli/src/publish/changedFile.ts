import { CliError } from '../errors/CliError';
import { HashedFile } from '../model/hashFile';

/** Of a file that is not any more what was announced. */
export function changedFile(file: HashedFile, cause?: unknown): CliError {
  return new CliError(
    'Failed',
    `${file.path} changed while it was being published. Nothing was published.`,
    { details: ['Publish again once nothing writes to it.'], cause },
  );
}
