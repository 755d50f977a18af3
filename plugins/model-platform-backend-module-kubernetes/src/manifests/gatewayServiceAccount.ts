import { V1ServiceAccount } from '@kubernetes/client-node';
import { gatewayMetadata, GatewayPlacement } from './GatewayPlacement';

export function gatewayServiceAccount(
  placement: GatewayPlacement,
): V1ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: gatewayMetadata(placement),
    automountServiceAccountToken: false,
  };
}
