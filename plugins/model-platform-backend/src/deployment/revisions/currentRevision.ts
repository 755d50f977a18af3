import {
  DeploymentRecord,
  DeploymentStore,
  RevisionRecord,
} from '../store/DeploymentStore';

/** What the deployment shall serve now, if it ever had a revision. */
export async function currentRevision(
  store: DeploymentStore,
  deployment: DeploymentRecord,
): Promise<RevisionRecord | undefined> {
  return deployment.revision === undefined
    ? undefined
    : await store.revision(deployment.id, deployment.revision);
}
