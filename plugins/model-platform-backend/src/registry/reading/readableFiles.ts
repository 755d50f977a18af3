import type { ReadFormat } from '@model-platform/model-file-reader';
import {
  FileReading,
  mayHoldPickle,
} from '@model-platform/plugin-model-platform-common';

const MLMODEL = /(^|\/)MLmodel$/;

/** Formats that carry a signature, by the name of the file. */
const formats: Array<[RegExp, FileReading['format']]> = [
  [/\.onnx$/i, 'onnx'],
  [MLMODEL, 'mlflow'],
  [/\.skops$/i, 'skops'],
];

/** More of them say nothing that one of them does not. */
const MAX_FILES = 20;

/** The files that say something of themselves, with their formats. */
export function readableFiles<T extends { path: string }>(
  files: T[],
): Array<{ file: T; format: FileReading['format'] }> {
  return files
    .flatMap(file => {
      const found = formats.find(([name]) => name.test(file.path));
      return found ? [{ file, format: found[1] }] : [];
    })
    .slice(0, MAX_FILES);
}

/**
 * The files that loading may import something by. All of them count; where
 * there is an `MLmodel`, that may name any other for a pickle.
 */
export function pickleFiles<T extends { path: string }>(
  files: T[],
): Array<{ file: T; format: ReadFormat }> {
  const mayBeAny = files.some(({ path }) => MLMODEL.test(path));
  return files.flatMap(file => {
    const kind = mayHoldPickle(file.path) ?? (mayBeAny ? 'maybe' : undefined);
    return kind
      ? [{ file, format: kind === 'pickle' ? kind : 'maybePickle' }]
      : [];
  });
}
