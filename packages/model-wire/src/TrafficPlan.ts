import { z } from 'zod';

/** One runner's address, as the gateway needs it. */
export const upstreamSchema = z.object({
  runner: z.string(),
  /** e.g. `http://127.0.0.1:40123`. */
  url: z.string().url(),
  secret: z.string().optional(),
});

/** Labels of every metric of an endpoint's variant. */
export const variantLabelsSchema = z.object({
  system: z.string(),
  model: z.string(),
  version: z.string(),
  environment: z.string(),
  endpoint: z.string(),
  variant: z.string(),
  revision: z.string(),
});

export const planVariantSchema = z.object({
  name: z.string(),
  /** Relative share; the gateway normalises by the sum. */
  weight: z.number().min(0),
  labels: variantLabelsSchema,
  /** Runner ids; the host resolves them into upstreams. */
  runners: z.array(z.string()),
});

/** Only hashes: who reads the plan cannot call with it. */
export const planTokenSchema = z.object({
  id: z.string(),
  /** SHA-256 of the token, hex. */
  hash: z.string().length(64),
  consumer: z.string(),
  /** Unix time, milliseconds. */
  expiresAt: z.number().optional(),
});

/** How long a call may take where nothing else is said, milliseconds. */
export const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** What the gateway does with an endpoint's requests. Swapped as a whole. */
export const trafficPlanSchema = z.object({
  endpoint: z.string(),
  revision: z.number().int(),
  /** None where the endpoint is switched off: its callers are told so. */
  variants: z.array(planVariantSchema),
  tokens: z.array(planTokenSchema),
  limits: z
    .object({
      maxBodyBytes: z.number().int().positive().default(1_048_576),
      timeoutMs: z.number().int().positive().default(DEFAULT_CALL_TIMEOUT_MS),
    })
    .default({
      maxBodyBytes: 1_048_576,
      timeoutMs: DEFAULT_CALL_TIMEOUT_MS,
    }),
});

/** A traffic plan with addresses, as the gateway's admin port takes it. */
export const gatewayRouteSchema = trafficPlanSchema.extend({
  upstreams: z.record(z.string(), upstreamSchema),
});

export type Upstream = z.infer<typeof upstreamSchema>;
export type VariantLabels = z.infer<typeof variantLabelsSchema>;
export type PlanVariant = z.infer<typeof planVariantSchema>;
export type PlanToken = z.infer<typeof planTokenSchema>;
export type TrafficPlan = z.infer<typeof trafficPlanSchema>;
export type GatewayRoute = z.infer<typeof gatewayRouteSchema>;
