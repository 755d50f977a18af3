import { TrafficPlan, trafficPlanSchema } from '@model-platform/model-wire';
import { DeploymentRef, DesiredRoute } from '../DeploymentDriver';

/** What gateways are told of a route. @public */
export function toTrafficPlan(
  ref: DeploymentRef,
  route: DesiredRoute,
): TrafficPlan {
  return trafficPlanSchema.parse({
    endpoint: ref.name,
    revision: route.revision,
    limits: { timeoutMs: callTimeoutMs(route.timeoutSeconds) },
    variants: route.variants.map(variant => ({
      name: variant.name,
      weight: variant.weight,
      labels: {
        system: variant.model.system,
        model: variant.model.slug,
        version: String(variant.version),
        environment: route.environment,
        endpoint: ref.name,
        variant: variant.name,
        revision: String(route.revision),
      },
      runners: variant.runners,
    })),
    tokens: route.tokens.map(token => ({
      id: token.id,
      hash: token.hash,
      consumer: token.consumer,
      expiresAt: token.expiresAt ? Date.parse(token.expiresAt) : undefined,
    })),
  });
}

/** @public */
export function callTimeoutMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
