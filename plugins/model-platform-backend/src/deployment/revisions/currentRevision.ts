import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord } from './RevisionStore';

/** What the deployment shall serve now, if it ever had a revision. */
export async function currentRevision(
  store: DeploymentStore,
  deployment: DeploymentRecord,
): Promise<RevisionRecord | undefined> {
  return deployment.revision === undefined
    ? undefined
    : await store.revisions.get(deployment.id, deployment.revision);
}
