import { V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { metadataOf, Placement } from './Placement';

/** Share of what is asked for, in percent: above it there are more pods. */
const TARGET_CPU = 70;

/** Scales a variant between its bounds; none where there is nothing between them. */
export function runnerAutoscaler(
  placement: Placement,
): V2HorizontalPodAutoscaler | undefined {
  const { min, max } = placement.resources.replicas ?? { min: 1, max: 1 };
  if (max <= min) return undefined;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadataOf(placement),
    spec: {
      scaleTargetRef: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: placement.name,
      },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: 'Resource',
          resource: {
            name: 'cpu',
            target: { type: 'Utilization', averageUtilization: TARGET_CPU },
          },
        },
      ],
    },
  };
}
