import { openFile, readFile } from '@model-platform/model-file-reader';
import {
  FileReading,
  Loading,
  signatureOf,
} from '@model-platform/plugin-model-platform-common';
import { FoundFile } from './collectFiles';
import { isReadError } from './isReadError';

/** Files that say their signature in full, by the flavor that loads them. */
const speaking: Array<{
  flavor: string;
  format: FileReading['format'];
  name: RegExp;
  what: string;
}> = [
  { flavor: 'onnx', format: 'onnx', name: /\.onnx$/, what: 'ONNX model' },
  {
    flavor: 'pyfunc',
    format: 'mlflow',
    name: /(^|\/)MLmodel$/,
    what: 'MLmodel file',
  },
];

/**
 * The signature that `model.yaml` gives, else the one that the model's file
 * carries, else an empty one, which the platform refuses together with all
 * else that is wrong.
 */
export async function readSignature(
  fields: Record<string, unknown>,
  loading: Loading,
  files: FoundFile[],
  note: (message: string) => void,
): Promise<unknown> {
  if (fields.signature !== undefined) return fields.signature;
  const none = { inputs: [], outputs: [] };
  const kind = speaking.find(({ flavor }) => flavor === loading.flavor);
  const found = kind && files.find(({ path }) => kind.name.test(path));
  // The developer's own code may take and give something else than the model.
  if (!found || loading.endpoint !== undefined) return none;
  let file: Awaited<ReturnType<typeof openFile>> | undefined;
  try {
    file = await openFile(found.location);
    const signature = signatureOf(await readFile(kind.format, file));
    if (signature) return signature;
    note(
      `${found.path} does not say what shapes and types it takes and gives.`,
    );
  } catch (error) {
    // Who takes its digest says so.
    if (isReadError(error)) return none;
    const reason = error instanceof Error ? error.message : error;
    note(`${found.path} is not an ${kind.what}: ${reason}.`);
  } finally {
    await file?.close();
  }
  return none;
}
