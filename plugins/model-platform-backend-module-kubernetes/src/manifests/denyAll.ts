import { V1NetworkPolicy } from '@kubernetes/client-node';
import { OURS } from './labels';

/** What no other policy of the namespace allows, nobody may. */
export function denyAll(namespace: string): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny-all', namespace, labels: OURS },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}
