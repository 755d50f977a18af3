import { V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { GATEWAY, gatewayMetadata, GatewayPlacement } from './GatewayPlacement';

/** Scales the gateway between its bounds; none where there is nothing between them. */
export function gatewayAutoscaler(
  placement: GatewayPlacement,
): V2HorizontalPodAutoscaler | undefined {
  const { min, max } = placement.settings.gateway.replicas;
  if (max <= min) return undefined;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: gatewayMetadata(placement),
    spec: {
      scaleTargetRef: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: GATEWAY,
      },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: {
            container: 'gateway',
            name: 'cpu',
            target: { type: 'Utilization', averageUtilization: 70 },
          },
        },
      ],
    },
  };
}
