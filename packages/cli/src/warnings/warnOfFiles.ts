import { FoundFile } from '../model/collectFiles';
import { describePickle, Pickle, readPickle } from './describePickle';
import { FileWarning } from './FileWarning';
import { findSecrets } from './findSecrets';

/** What should be known of files before they are published. A file that can't be looked at is for others to refuse. */
export async function warnOfFiles(
  files: FoundFile[],
  options: { signal: AbortSignal; onFile?: (path: string) => void },
): Promise<{ warnings: FileWarning[]; pickles: Pickle[] }> {
  const warnings: FileWarning[] = [];
  const pickles: Pickle[] = [];
  for (const file of files) {
    options.signal.throwIfAborted();
    options.onFile?.(file.path);
    warnings.push(...(await findSecrets(file)));
    const pickle = await readPickle(file);
    if (pickle) {
      pickles.push(pickle);
      warnings.push(describePickle(pickle));
    }
  }
  return { warnings, pickles };
}
