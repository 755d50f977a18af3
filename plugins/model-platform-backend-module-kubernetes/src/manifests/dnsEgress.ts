import { V1NetworkPolicyEgressRule } from '@kubernetes/client-node';

/** Wherever the cluster has its name server. */
export const dnsEgress: V1NetworkPolicyEgressRule = {
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};
