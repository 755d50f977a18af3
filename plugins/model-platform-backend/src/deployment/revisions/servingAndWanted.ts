import { DeploymentRecord } from '../store/DeploymentRecord';
import { DeploymentStore } from '../store/DeploymentStore';
import { RevisionRecord } from './RevisionStore';

/**
 * What a deployment serves, and what it shall serve where that is another
 * revision: one that is rolled out, or was given up.
 *
 * @param wanted - its current revision, which many are read together with
 */
export async function servingAndWanted(
  store: DeploymentStore,
  { id, servingRevision }: DeploymentRecord,
  wanted: RevisionRecord | undefined,
): Promise<RevisionRecord[]> {
  const serving =
    servingRevision === undefined || servingRevision === wanted?.number
      ? undefined
      : await store.revisions.get(id, servingRevision);
  return [serving, wanted].filter(revision => revision !== undefined);
}
