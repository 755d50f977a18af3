import {
  isDangerousImport,
  mayHoldPickle,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';

/** Why the files of a version do not count as looked into and found clean. */
export function scanProblem({
  files,
  readings = [],
}: Pick<ModelVersion, 'files' | 'readings'>): string | undefined {
  for (const { path } of files) {
    const reading = readings.find(one => one.path === path);
    const isPickle =
      mayHoldPickle(path) === 'pickle' ||
      reading?.format === 'pickle' ||
      reading?.format === 'skops';
    if (!isPickle) continue;
    if (!reading) return `${path} was not looked into`;
    if (reading.problem) return `${path}: ${reading.problem}`;
    const suspicious = [
      ...(reading.unlisted ?? []),
      ...(reading.imports ?? []).filter(isDangerousImport),
    ];
    if (suspicious.length > 0)
      return `${path} would import ${[...new Set(suspicious)].join(', ')}`;
  }
  return undefined;
}
