import { FileReading } from '@model-platform/plugin-model-platform-common';

/** Formats that carry a signature, by the name of the file. */
const formats: Array<[RegExp, FileReading['format']]> = [
  [/\.onnx$/i, 'onnx'],
  [/(^|\/)MLmodel$/, 'mlflow'],
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
