import { V1Service } from '@kubernetes/client-node';
import { PORT } from './images';
import { metadataOf, Placement, selectorOf } from './Placement';

/** What the gateway finds a variant's pods by; it chooses among them itself, so that there is no address in front of them. */
export function runnerService(placement: Placement): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(placement),
    spec: {
      clusterIP: 'None',
      selector: selectorOf(placement),
      ports: [{ name: 'http', port: PORT, protocol: 'TCP', targetPort: PORT }],
    },
  };
}
