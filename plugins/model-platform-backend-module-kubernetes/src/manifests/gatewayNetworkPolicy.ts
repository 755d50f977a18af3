import { V1NetworkPolicy } from '@kubernetes/client-node';
import { collectorPeer } from './collectorPeer';
import { dnsEgress } from './dnsEgress';
import {
  gatewayMetadata,
  GatewayPlacement,
  gatewaySelector,
} from './GatewayPlacement';
import { ADMIN_PORT, PORT } from './images';
import { LABELS } from './labels';

/** Where API servers listen. */
const API_PORTS = [443, 6443];

/** Callers get in, and the collector to the figures; out go calls to runners of the namespace, and the agent's to the cluster. */
export function gatewayNetworkPolicy(
  placement: GatewayPlacement,
): V1NetworkPolicy {
  const collector = collectorPeer(placement.settings);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: gatewayMetadata(placement),
    spec: {
      podSelector: { matchLabels: gatewaySelector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: [{ protocol: 'TCP', port: PORT }] },
        ...(collector.length > 0
          ? [
              {
                _from: collector,
                ports: [{ protocol: 'TCP', port: ADMIN_PORT }],
              },
            ]
          : []),
      ],
      egress: [
        dnsEgress,
        { ports: API_PORTS.map(port => ({ protocol: 'TCP', port })) },
        {
          to: [
            { podSelector: { matchLabels: { [LABELS.component]: 'runner' } } },
          ],
          ports: [{ protocol: 'TCP', port: PORT }],
        },
      ],
    },
  };
}
