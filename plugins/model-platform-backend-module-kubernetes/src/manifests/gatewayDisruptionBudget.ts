import { V1PodDisruptionBudget } from '@kubernetes/client-node';
import {
  gatewayMetadata,
  GatewayPlacement,
  gatewaySelector,
} from './GatewayPlacement';

/** Nodes are drained one gateway of a namespace at a time. */
export function gatewayDisruptionBudget(
  placement: GatewayPlacement,
): V1PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: gatewayMetadata(placement),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: gatewaySelector },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
