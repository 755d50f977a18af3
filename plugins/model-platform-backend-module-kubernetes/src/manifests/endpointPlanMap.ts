import { V1ConfigMap } from '@kubernetes/client-node';
import {
  EndpointPlan,
  PLAN_FILE,
  PLAN_LABELS,
} from '@model-platform/model-wire';
import { LABELS } from './labels';

/** The plan of an endpoint, for the agents of its gateways. It has hashes of tokens, and no token. */
export function endpointPlanMap(
  namespace: string,
  environment: string,
  plan: EndpointPlan,
): V1ConfigMap {
  const { endpoint } = plan.plan;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: planName(endpoint),
      namespace,
      labels: {
        ...PLAN_LABELS,
        [LABELS.endpoint]: endpoint,
        [LABELS.environment]: environment,
      },
    },
    data: { [PLAN_FILE]: JSON.stringify(plan) },
  };
}

export function planName(endpoint: string): string {
  return `plan-${endpoint}`;
}
