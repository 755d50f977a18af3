import { V1ServiceAccount } from '@kubernetes/client-node';
import { metadataOf, Placement } from './Placement';

/** Who a variant's pods are: nobody in the cluster; its token is for the platform. */
export function runnerServiceAccount(placement: Placement): V1ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadataOf(placement),
    automountServiceAccountToken: false,
    imagePullSecrets: pullSecrets(placement).map(name => ({ name })),
  };
}

function pullSecrets({ cluster, imagePullSecret }: Placement): string[] {
  const all = [...cluster.imagePullSecrets, imagePullSecret];
  return [...new Set(all)].filter(name => name !== undefined);
}
