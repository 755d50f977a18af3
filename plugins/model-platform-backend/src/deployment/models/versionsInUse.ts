import { VersionUser } from '../../registry/VersionUsers';
import { DeploymentStore } from '../store/DeploymentStore';

/** Versions that deployments which are on serve, or shall serve. */
export function versionsInUse(store: DeploymentStore): VersionUser {
  return async (modelId, number) => {
    const on = (await store.all()).filter(one => !one.off && !one.deleting);
    const wanted = await store.revisions.current(on);
    const serving = await store.revisions.serving(on);
    const uses: string[] = [];
    for (const { id, name } of on) {
      const numbers = new Set(
        [serving.get(id), wanted.get(id)]
          .flatMap(revision => revision?.variants ?? [])
          .filter(one => one.modelId === modelId)
          .map(one => one.version)
          .filter(one => number === undefined || one === number),
      );
      for (const one of numbers) {
        uses.push(
          `the deployment ${name} serves version ${one}; change it or switch it off first`,
        );
      }
    }
    return uses;
  };
}
