import { V1NetworkPolicyPeer } from '@kubernetes/client-node';
import { EnvironmentSettings } from '../KubernetesSettings';

/** Who reads metrics, as policies name it; nobody where the environment says nothing. */
export function collectorPeer({
  collector,
}: EnvironmentSettings): V1NetworkPolicyPeer[] {
  if (!collector) return [];
  return [
    {
      namespaceSelector: { matchLabels: collector.namespaceLabels },
      ...(collector.podLabels
        ? { podSelector: { matchLabels: collector.podLabels } }
        : {}),
    },
  ];
}
