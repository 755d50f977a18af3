import {
  gatewayMetadata,
  GatewayPlacement,
  gatewaySelector,
} from './GatewayPlacement';
import { METRICS_KEY } from './metricsSecret';
import { PodMonitor } from './PodMonitor';

/** Tells the Prometheus operator to read the gateway, which says itself whose calls it counts. */
export function gatewayMonitor(placement: GatewayPlacement): PodMonitor {
  const { labels, ...metadata } = gatewayMetadata(placement);
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: {
      ...metadata,
      labels: { ...placement.settings.collector?.monitorLabels, ...labels },
    },
    spec: {
      selector: { matchLabels: gatewaySelector },
      podMetricsEndpoints: [
        {
          port: 'admin',
          path: '/metrics',
          honorLabels: true,
          authorization: { credentials: METRICS_KEY },
          metricRelabelings: [
            {
              action: 'keep',
              sourceLabels: ['__name__'],
              regex: '(model_gateway|process)_.+',
            },
          ],
        },
      ],
    },
  };
}
