import {
  KubernetesObject,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { ClusterView } from './ClusterView';
import { GatewayReports } from './GatewayReports';
import { LABELS } from './manifests/labels';
import { runnerStatusOf } from './runnerStatusOf';

/**
 * How many pods a scaled deployment begins with: as many as serve in its place
 * now, for it takes over their calls at once, between the bounds of its autoscaler.
 */
export function startingReplicas(
  deployment: KubernetesObject,
  beside: readonly KubernetesObject[],
  { view, gateways }: { view: ClusterView; gateways: GatewayReports },
): number {
  const { namespace = '', name, labels = {} } = deployment.metadata ?? {};
  const autoscaler = beside.find(
    ({ kind, metadata }) =>
      kind === 'HorizontalPodAutoscaler' && metadata?.name === name,
  ) as V2HorizontalPodAutoscaler | undefined;
  const { minReplicas = 1, maxReplicas = minReplicas } = autoscaler?.spec ?? {};
  const endpoint = labels[LABELS.endpoint];
  if (endpoint === undefined) return minReplicas;
  const { revision } = gateways.routeOf(namespace, endpoint);
  const serving = view
    .list('Pod', {
      [LABELS.endpoint]: endpoint,
      [LABELS.revision]: String(revision),
      [LABELS.variant]: labels[LABELS.variant],
    })
    .filter(pod => runnerStatusOf(pod, undefined).phase === 'ready');
  return Math.min(Math.max(minReplicas, serving.length), maxReplicas);
}
