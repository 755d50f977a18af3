import { KubernetesObject, V1Condition } from '@kubernetes/client-node';
import { EnvironmentSettings } from '../KubernetesSettings';
import { GATEWAY } from './GatewayPlacement';
import { GATEWAY_SERVICE_PORT } from './gatewayService';
import { LABELS, OURS } from './labels';

/** A Gateway, or one of its listeners. */
export interface ParentRef {
  name: string;
  namespace: string;
  sectionName?: string;
}

/** As far as the platform uses it: https://gateway-api.sigs.k8s.io. */
export interface HttpRoute extends KubernetesObject {
  spec: {
    parentRefs: ParentRef[];
    hostnames?: string[];
    rules: Array<{
      matches: Array<{ path: { type: 'PathPrefix'; value: string } }>;
      backendRefs: Array<{ name: string; port: number }>;
    }>;
  };
  /** What the controllers of Gateways say of it. */
  status?: {
    parents: Array<{ parentRef: ParentRef; conditions?: V1Condition[] }>;
  };
}

/** Leads the endpoint's callers to the gateway of its namespace; none where the environment has no route. */
export function endpointRoute(
  namespace: string,
  endpoint: string,
  { route }: EnvironmentSettings,
): HttpRoute | undefined {
  if (!route) return undefined;
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      name: endpoint,
      namespace,
      labels: { ...OURS, [LABELS.endpoint]: endpoint },
    },
    spec: {
      parentRefs: route.gateways,
      ...(route.hostnames.length > 0 ? { hostnames: route.hostnames } : {}),
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: `/${endpoint}` } }],
          backendRefs: [{ name: GATEWAY, port: GATEWAY_SERVICE_PORT }],
        },
      ],
    },
  };
}
