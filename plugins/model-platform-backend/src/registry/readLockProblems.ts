import {
  FieldProblem,
  lockProblems,
  MAX_LOCK_BYTES,
  REQUIREMENTS_LOCK,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { VersionRecord } from './VersionStore';

/** What is wrong with the Python packages that a version pins, where it does. */
export async function readLockProblems(
  { version, system }: VersionRecord,
  artifacts: ArtifactStore,
): Promise<FieldProblem[]> {
  const file = version.files.find(({ path }) => path === REQUIREMENTS_LOCK);
  if (!file || version.runtime !== 'python') return [];
  if (file.sizeBytes > MAX_LOCK_BYTES)
    return [
      {
        field: 'files',
        rule: `${REQUIREMENTS_LOCK} must have at most ${MAX_LOCK_BYTES} bytes`,
        given: file.sizeBytes,
        source: 'platform',
      },
    ];
  const stream = await artifacts.read(file.digest as Sha256, system);
  return lockProblems(Buffer.concat(await stream.toArray()).toString('utf8'));
}
