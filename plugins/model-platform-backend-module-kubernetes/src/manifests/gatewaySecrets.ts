import { V1Secret } from '@kubernetes/client-node';
import { gatewayMetadata, GatewayPlacement } from './GatewayPlacement';

export function gatewaySecrets(placement: GatewayPlacement): V1Secret {
  const { admin, runners, requestId } = placement.secrets;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: gatewayMetadata(placement),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries({
        'admin-secret': admin,
        'runners-key': runners,
        'request-id-secret': requestId,
      }).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
  };
}
