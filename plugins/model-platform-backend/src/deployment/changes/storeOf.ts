import { DeploymentStore } from '../store/DeploymentStore';

/** Where the platform itself changes something, its leader does. */
export function storeOf(
  store: DeploymentStore,
  { fencing }: { fencing?: number },
): DeploymentStore {
  return fencing === undefined ? store : store.asLeader(fencing);
}
