import { RunnerManifest } from '@model-platform/model-wire';

/** The one file of the version that has this ending; throws for its developer where there is none, or several. */
export function onlyFile(
  manifest: Pick<RunnerManifest, 'files'>,
  endings: string[],
): string {
  const found = manifest.files.filter(file =>
    endings.some(ending => file.toLowerCase().endsWith(ending)),
  );
  const what = endings.join(' or ');
  if (found.length === 0)
    throw new Error(`There is no ${what} file among the files of the version.`);
  if (found.length > 1) {
    throw new Error(
      `There are several ${what} files (${found.join(
        ', ',
      )}). Name the one to serve under files of model.yaml.`,
    );
  }
  return found[0];
}
