import { V1Service } from '@kubernetes/client-node';
import {
  gatewayMetadata,
  GatewayPlacement,
  gatewaySelector,
} from './GatewayPlacement';
import { PORT } from './images';

/** Of the gateway's service: what routes point to. */
export const GATEWAY_SERVICE_PORT = 80;

export function gatewayService(placement: GatewayPlacement): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: gatewayMetadata(placement),
    spec: {
      selector: gatewaySelector,
      ports: [
        {
          name: 'http',
          port: GATEWAY_SERVICE_PORT,
          protocol: 'TCP',
          targetPort: PORT,
        },
      ],
    },
  };
}
