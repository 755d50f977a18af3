import { V1RoleBinding } from '@kubernetes/client-node';
import {
  GATEWAY,
  GATEWAY_ROLE,
  gatewayMetadata,
  GatewayPlacement,
} from './GatewayPlacement';

/** Lets the agent read plans and addresses of its namespace, and report what its gateway has. */
export function gatewayRoleBinding(placement: GatewayPlacement): V1RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: gatewayMetadata(placement),
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: GATEWAY_ROLE,
    },
    subjects: [
      {
        kind: 'ServiceAccount',
        name: GATEWAY,
        namespace: placement.namespace,
      },
    ],
  };
}
