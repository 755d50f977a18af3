import { FileReading } from '@model-platform/plugin-model-platform-common';
import { readableFiles } from './readableFiles';

/** Which formats a flavor loads, and so has its signature of. */
const formatsOfFlavor: Record<string, Array<FileReading['format']>> = {
  onnx: ['onnx'],
  sklearn: ['skops'],
  pyfunc: ['mlflow'],
};

/**
 * Whether the file that the version is loaded from says its signature. With
 * code of the developer's own around the model it does not: that may take and
 * give something else.
 */
export function mayBeRead(
  version: { flavor?: unknown; endpoint?: unknown },
  files: unknown,
): boolean {
  const named = (Array.isArray(files) ? files : []).flatMap(file =>
    typeof file?.path === 'string' ? [{ path: file.path as string }] : [],
  );
  return readableFiles(named).some(({ format }) =>
    speaksFor({ format }, version),
  );
}

/** Whether what was read of a file is the version's own signature. */
export function speaksFor(
  reading: Pick<FileReading, 'format'>,
  version: { flavor?: unknown; endpoint?: unknown },
): boolean {
  return (
    version.endpoint === undefined &&
    typeof version.flavor === 'string' &&
    Object.hasOwn(formatsOfFlavor, version.flavor) &&
    formatsOfFlavor[version.flavor].includes(reading.format)
  );
}
