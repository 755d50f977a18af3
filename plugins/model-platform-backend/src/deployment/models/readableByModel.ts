import { ModelScope } from '../../registry/ModelScope';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';

const PAGE = 200;

/**
 * Deployments that may be seen, each under the id of every model it speaks of:
 * those all of whose models are within the scope.
 */
export async function readableByModel(
  store: DeploymentStore,
  scope: ModelScope,
): Promise<Map<string, DeploymentRecord[]>> {
  const found = new Map<string, DeploymentRecord[]>();
  let after: string | undefined;
  do {
    const { items } = await store.list({ limit: PAGE, after }, scope);
    const modelIds = await store.modelIds(items);
    for (const deployment of items) {
      for (const id of modelIds.get(deployment.id) ?? []) {
        found.set(id, [...(found.get(id) ?? []), deployment]);
      }
    }
    after = items.length === PAGE ? items[PAGE - 1].name : undefined;
  } while (after !== undefined);
  return found;
}
