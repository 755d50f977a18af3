import { FileReading } from '@model-platform/plugin-model-platform-common';
import { ByteSource } from './ByteSource';
import { readMlmodel } from './mlflow/readMlmodel';
import { readOnnx } from './onnx/readOnnx';
import { readPickles, readPicklesIfAny } from './pickle/readPickles';
import { ReadFormat } from './protocol';
import { readSkops } from './skops/readSkops';

const readers = {
  onnx: readOnnx,
  mlflow: readMlmodel,
  skops: readSkops,
  pickle: readPickles,
  maybePickle: readPicklesIfAny,
};

/**
 * What a file says of itself. Nothing of it is loaded or run.
 *
 * @throws Error where the file is not of the format.
 */
export async function readFile(
  format: ReadFormat,
  file: ByteSource,
): Promise<Omit<FileReading, 'path' | 'format'>> {
  return await readers[format](file);
}
