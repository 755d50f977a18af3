import { CliError } from '../errors/CliError';
import { FoundFile } from './collectFiles';
import { Loading } from './inferLoading';
import { readOnnxSignature } from './onnx/readOnnxSignature';

/**
 * The signature that `model.yaml` gives, else the one that the model's file
 * carries, else an empty one, which the platform then refuses with its rule.
 *
 * @throws CliError `Refused` where the file that should carry it cannot be read.
 */
export async function readSignature(
  fields: Record<string, unknown>,
  loading: Loading,
  files: FoundFile[],
): Promise<unknown> {
  if (fields.signature !== undefined) return fields.signature;
  const none = { inputs: [], outputs: [] };
  // The developer's own code may take and give something else than the model.
  if (loading.flavor !== 'onnx' || loading.endpoint !== undefined) return none;
  const file = files.find(({ path }) => path.endsWith('.onnx'));
  if (!file) return none;
  try {
    return (await readOnnxSignature(file.location)) ?? none;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new CliError(
      'Refused',
      `${file.path} is not an ONNX model: ${reason}. Nothing was published.`,
    );
  }
}
