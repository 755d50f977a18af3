import {
  HeldCalls,
  TrafficPlan,
  trafficPlanSchema,
} from '@model-platform/model-wire';
import { DeploymentRef, DesiredRoute } from '../DeploymentDriver';
import { callTimeoutMs } from './callTimeoutMs';

/** Of an endpoint that sleeps: as long as a runner may take to start. */
const HELD_CALLS: HeldCalls = { calls: 100, timeoutMs: 60_000 };

/** What the gateway is told of a deployment's route. @public */
export function toTrafficPlan(
  ref: DeploymentRef,
  route: DesiredRoute,
): TrafficPlan {
  return trafficPlanSchema.parse({
    endpoint: ref.name,
    revision: route.revision,
    stickiness: route.stickiness,
    limits: {
      timeoutMs: callTimeoutMs(route.timeoutSeconds),
      concurrentCalls: route.concurrentCalls,
      maxBodyBytes: route.maxBodyBytes,
    },
    variants: route.variants.map(variant => ({
      name: variant.name,
      weight: variant.weight,
      shadowShare: variant.shadowShare,
      isRepeatable: variant.isRepeatable || undefined,
      labels: {
        system: variant.model.system,
        model: variant.model.slug,
        version: String(variant.version),
        environment: route.environment,
        endpoint: ref.name,
        variant: variant.beside?.variant ?? variant.name,
        revision: String(variant.beside?.revision ?? route.revision),
      },
      held: variant.sleeps ? HELD_CALLS : undefined,
      runners: variant.runners,
    })),
    tokens: route.tokens.map(token => ({
      id: token.id,
      hash: token.hash,
      consumer: token.consumer,
      expiresAt: token.expiresAt ? Date.parse(token.expiresAt) : undefined,
      rate: token.rate && {
        calls: token.rate.calls,
        perSeconds: token.rate.per === 'second' ? 1 : 60,
        burst: token.rate.burst ?? Math.ceil(token.rate.calls),
      },
      mayChooseVariant: token.mayChooseVariant,
    })),
  });
}
