import { V1TopologySpreadConstraint } from '@kubernetes/client-node';

/** Over zones and nodes as far as they go: the loss of one is not the loss of all. */
export function spreadOver(
  selector: Record<string, string>,
): V1TopologySpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
    topologyKey => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selector },
    }),
  );
}
