import { V1PodDisruptionBudget } from '@kubernetes/client-node';
import { metadataOf, Placement, selectorOf } from './Placement';

/** Nodes are drained one pod of a variant at a time. */
export function runnerDisruptionBudget(
  placement: Placement,
): V1PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(placement),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorOf(placement) },
      // One that cannot become ready keeps no node from being drained.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
