import { V1Secret } from '@kubernetes/client-node';
import { gatewayMetadata, GatewayPlacement } from './GatewayPlacement';

export function gatewaySecrets(placement: GatewayPlacement): V1Secret {
  const { admin, runner, requestId } = placement.secrets;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: gatewayMetadata(placement),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries({
        'admin-secret': admin,
        'runner-secret': runner,
        'request-id-secret': requestId,
      }).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
  };
}
