import { VersionUser } from '../../registry/VersionUsers';
import { servingAndWanted } from '../revisions/servingAndWanted';
import { DeploymentStore } from '../store/DeploymentStore';

/** Versions that deployments which are on serve, or shall serve. */
export function versionsInUse(store: DeploymentStore): VersionUser {
  return async (modelId, number) => {
    const on = (await store.all()).filter(one => !one.off && !one.deleting);
    const wanted = await store.revisions.current(on);
    const uses: string[] = [];
    for (const deployment of on) {
      const revisions = await servingAndWanted(
        store,
        deployment,
        wanted.get(deployment.id),
      );
      const numbers = new Set(
        revisions
          .flatMap(({ variants }) => variants)
          .filter(one => one.modelId === modelId)
          .map(one => one.version)
          .filter(one => number === undefined || one === number),
      );
      for (const one of numbers) {
        uses.push(
          `the deployment ${deployment.name} serves version ${one}; change it or switch it off first`,
        );
      }
    }
    return uses;
  };
}
