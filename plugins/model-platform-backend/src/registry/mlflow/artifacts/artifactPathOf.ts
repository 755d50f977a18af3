import { filePathProblem } from '../../filePathProblem';
import { invalidParameter } from '../MlflowError';
import { trimSlashes } from './trimSlashes';

/** In bytes. */
const MAX_PATH = 1024;

/** A path among the artifacts, without slashes at its ends. Throws what MLflow answers to those that are none. */
export function artifactPathOf(
  path: string,
  { orRoot = false }: { orRoot?: boolean } = {},
): string {
  const plain = trimSlashes(path);
  if (plain === '' && orRoot) return plain;
  if (
    plain === '' ||
    plain.includes('#') ||
    Buffer.byteLength(plain) > MAX_PATH ||
    filePathProblem(plain)
  ) {
    throw invalidParameter('Invalid path');
  }
  return plain;
}
