import { createHmac } from 'node:crypto';

/**
 * What lets a gateway at the runners of a service, and at no others: the code
 * in a runner, should it ever learn it, can call itself alone.
 *
 * @param runnersKey - the namespace's, which gateways have and runners never see
 */
export function runnerSecretOf(runnersKey: string, service: string): string {
  return createHmac('sha256', runnersKey).update(service).digest('base64url');
}
