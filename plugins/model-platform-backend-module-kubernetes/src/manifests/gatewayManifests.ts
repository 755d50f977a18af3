import { KubernetesObject } from '@kubernetes/client-node';
import { denyAll } from './denyAll';
import { gatewayAutoscaler } from './gatewayAutoscaler';
import { gatewayDeployment } from './gatewayDeployment';
import { gatewayDisruptionBudget } from './gatewayDisruptionBudget';
import { gatewayNetworkPolicy } from './gatewayNetworkPolicy';
import { GatewayPlacement } from './GatewayPlacement';
import { gatewayRoleBinding } from './gatewayRoleBinding';
import { gatewaySecrets } from './gatewaySecrets';
import { gatewayService } from './gatewayService';
import { gatewayServiceAccount } from './gatewayServiceAccount';
import { metricsSecret } from './metricsSecret';
import { systemNamespace } from './systemNamespace';

/** A namespace with the gateway of its system, in the order in which they need each other. */
export function gatewayManifests(
  placement: GatewayPlacement,
): KubernetesObject[] {
  const { namespace, system, environment } = placement;
  const autoscaler = gatewayAutoscaler(placement);
  return [
    systemNamespace(namespace, system, environment),
    denyAll(namespace),
    gatewayNetworkPolicy(placement),
    gatewayServiceAccount(placement),
    gatewayRoleBinding(placement),
    gatewaySecrets(placement),
    metricsSecret(placement),
    gatewayService(placement),
    gatewayDisruptionBudget(placement),
    gatewayDeployment(placement),
    ...(autoscaler ? [autoscaler] : []),
  ];
}
