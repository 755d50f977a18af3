import { InputError, NotFoundError } from '@backstage/errors';
import { currentRevision } from './currentRevision';
import {
  DeploymentRecord,
  DeploymentStore,
  RevisionRecord,
} from './DeploymentStore';
import { sameContent } from './sameContent';

/** The revision that is asked for, else the last other one that has served. */
export async function rollbackTarget(
  store: DeploymentStore,
  deployment: DeploymentRecord,
  number: number | undefined,
): Promise<RevisionRecord> {
  if (number !== undefined) {
    const revision = await store.revision(deployment.id, number);
    if (!revision) {
      throw new NotFoundError(
        `Deployment ${deployment.name} has no revision ${number}`,
      );
    }
    return revision;
  }
  const current = await currentRevision(store, deployment);
  let before = deployment.revision;
  for (;;) {
    const page = await store.revisions(deployment.id, { limit: 50, before });
    const target = page.find(
      revision =>
        revision.firstServedAt && current && !sameContent(revision, current),
    );
    if (target) {
      return target;
    }
    before = page.at(-1)?.number;
    if (before === undefined) {
      throw new InputError(
        `Deployment ${deployment.name} has no earlier revision that has served and differs from the present one`,
      );
    }
  }
}
