import { V1NetworkPolicy } from '@kubernetes/client-node';
import { collectorPeer } from './collectorPeer';
import { dnsEgress } from './dnsEgress';
import { PORT } from './images';
import { LABELS } from './labels';
import { bringsPackages } from './packagesContainers';
import { metadataOf, Placement, selectorOf } from './Placement';

/** Only gateway and collector get in; out go the download of the model and of its packages, and what the environment allows. */
export function runnerNetworkPolicy(placement: Placement): V1NetworkPolicy {
  const { cluster, settings, languageModel, variant } = placement;
  // Policies know addresses, no names: the ports are all that can be said of these.
  const files = settings.artifacts
    ? settings.artifacts.endpoint ?? 'https://s3.amazonaws.com'
    : cluster.portalUrl;
  const packages = bringsPackages(variant) ? cluster.packageIndex : undefined;
  const outside = [files, packages, languageModel?.baseUrl]
    .filter(url => url !== undefined)
    .map(portOf);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(placement),
    spec: {
      podSelector: { matchLabels: selectorOf(placement) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          _from: [
            { podSelector: { matchLabels: { [LABELS.component]: 'gateway' } } },
            ...collectorPeer(settings),
          ],
          ports: [{ protocol: 'TCP', port: PORT }],
        },
      ],
      egress: [
        dnsEgress,
        {
          ports: [...new Set(outside)].map(port => ({ protocol: 'TCP', port })),
        },
        ...settings.egress.map(({ cidr, ports }) => ({
          to: [{ ipBlock: { cidr } }],
          ports: ports.map(port => ({ protocol: 'TCP', port })),
        })),
      ],
    },
  };
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}
