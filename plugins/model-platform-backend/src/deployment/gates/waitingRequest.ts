import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RequestRecord } from './RequestStore';

/** What waits for its gates; one that was refused or made meanwhile does not. */
export async function waitingRequest(
  { requests }: Pick<DeploymentStore, 'requests'>,
  { id, waitingRequest: number }: DeploymentRecord,
): Promise<RequestRecord | undefined> {
  const request =
    number === undefined ? undefined : await requests.get(id, number);
  return request?.state === 'waiting' ? request : undefined;
}
