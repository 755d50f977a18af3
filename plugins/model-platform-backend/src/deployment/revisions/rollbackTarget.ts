import { InputError, NotFoundError } from '@backstage/errors';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord } from './RevisionStore';
import { sameContent } from './sameContent';

/**
 * The revision that is asked for, else the last one that has served and differs
 * from what shall not be any more.
 */
export async function rollbackTarget(
  store: DeploymentStore,
  deployment: DeploymentRecord,
  number: number | undefined,
  from: number | undefined,
): Promise<RevisionRecord> {
  if (number !== undefined) {
    const revision = await store.revisions.get(deployment.id, number);
    if (!revision) {
      throw new NotFoundError(
        `Deployment ${deployment.name} has no revision ${number}`,
      );
    }
    return revision;
  }
  const left =
    from === undefined
      ? undefined
      : await store.revisions.get(deployment.id, from);
  let before = deployment.revision;
  for (;;) {
    const page = await store.revisions.list(deployment.id, {
      limit: 50,
      before,
    });
    const target = page.find(
      revision =>
        revision.firstServedAt && left && !sameContent(revision, left),
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
