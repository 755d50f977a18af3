import { FoundFile } from './collectFiles';
import { Loading } from './inferLoading';
import { readOnnxSignature } from './onnx/readOnnxSignature';

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
  // The developer's own code may take and give something else than the model.
  if (loading.flavor !== 'onnx' || loading.endpoint !== undefined) return none;
  const file = files.find(({ path }) => path.endsWith('.onnx'));
  if (!file) return none;
  try {
    const signature = await readOnnxSignature(file.location);
    if (signature) return signature;
    note(`${file.path} does not say what shapes and types it takes and gives.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    note(`${file.path} is not an ONNX model: ${reason}.`);
  }
  return none;
}
