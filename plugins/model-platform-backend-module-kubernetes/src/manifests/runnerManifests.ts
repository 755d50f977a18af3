import { KubernetesObject } from '@kubernetes/client-node';
import { Placement } from './Placement';
import { runnerAutoscaler } from './runnerAutoscaler';
import { runnerDeployment } from './runnerDeployment';
import { runnerDisruptionBudget } from './runnerDisruptionBudget';
import { runnerDocumentsMap } from './runnerDocumentsMap';
import { runnerNetworkPolicy } from './runnerNetworkPolicy';
import { runnerSecrets } from './runnerSecrets';
import { runnerService } from './runnerService';
import { runnerServiceAccount } from './runnerServiceAccount';

/** All of a variant of a revision, in the order in which they need each other. */
export function runnerManifests(placement: Placement): KubernetesObject[] {
  const autoscaler = runnerAutoscaler(placement);
  return [
    runnerNetworkPolicy(placement),
    runnerServiceAccount(placement),
    runnerSecrets(placement),
    runnerDocumentsMap(placement),
    runnerService(placement),
    runnerDisruptionBudget(placement),
    runnerDeployment(placement),
    ...(autoscaler ? [autoscaler] : []),
  ];
}
