import { registryRoot } from '../artifacts/MlflowArtifacts';
import { MlflowVersion } from './MlflowModel';

/** Where a client loads a version from: what is in the registry, else what its source meant. */
export function downloadUriOf(version: MlflowVersion): string {
  return version.state === 'registered'
    ? `mlflow-artifacts:/${registryRoot(version.modelId, version.number)}`
    : version.location ?? version.source ?? '';
}
