import { V1Secret } from '@kubernetes/client-node';
import { gatewayMetadata, GatewayPlacement } from './GatewayPlacement';

/** Which key of which `Secret` opens the figures of a namespace. */
export const METRICS_KEY = { name: 'model-metrics', key: 'metrics-secret' };

/**
 * Apart from all others, for the Prometheus operator hands it on to whoever
 * collects: it opens figures, and neither routes nor models.
 */
export function metricsSecret(placement: GatewayPlacement): V1Secret {
  const { name, key } = METRICS_KEY;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...gatewayMetadata(placement), name },
    type: 'Opaque',
    data: {
      [key]: Buffer.from(placement.secrets.metrics).toString('base64'),
    },
  };
}
