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

/** Calls that wait until a runner has started. */
export const heldCallsSchema = z.object({
  /** At a time, at each gateway; further ones get 503. */
  calls: z.number().int().positive(),
  /** How long each, milliseconds; then it gets 504. */
  timeoutMs: z.number().int().positive(),
});

export const planVariantSchema = z.object({
  name: z.string(),
  /** Relative share; the gateway normalises by the sum. */
  weight: z.number().min(0),
  labels: variantLabelsSchema,
  /**
   * Percent of the endpoint's calls of which it gets a copy; its answers to
   * those are dropped. Absent where it gets none.
   */
  shadowShare: z.number().positive().max(100).optional(),
  /**
   * Calls do nothing but compute: one whose runner ended over it may be sent to
   * another runner.
   */
  isRepeatable: z.boolean().optional(),
  /** How its calls wait while none of its runners is ready; they are refused where absent. */
  held: heldCallsSchema.optional(),
  /** Runner ids; the host resolves them into upstreams. */
  runners: z.array(z.string()),
});

/** What stands for the caller, who stays with a variant. */
export const stickinessSchema = z.object({
  by: z.enum(['header', 'cookie', 'json']),
  /** Of the header or cookie; members of the body's JSON with dots between them. */
  name: z.string().min(1),
});

/** Calls of one token, at every gateway. */
export const callRateSchema = z.object({
  calls: z.number().positive(),
  perSeconds: z.number().positive(),
  /** Calls that may come at once. */
  burst: z.number().int().positive(),
});

/** Only hashes: who reads the plan cannot call with it. */
export const planTokenSchema = z.object({
  id: z.string(),
  /** SHA-256 of the token, hex. */
  hash: z.string().length(64),
  consumer: z.string(),
  /** Unix time, milliseconds. */
  expiresAt: z.number().optional(),
  rate: callRateSchema.optional(),
  /** Whether its calls may name the variant that answers. */
  mayChooseVariant: z.boolean().optional(),
});

/** How long a call may take where nothing else is said, milliseconds. */
export const DEFAULT_CALL_TIMEOUT_MS = 30_000;
/** Largest body of a call where nobody says how large, bytes. */
export const DEFAULT_MAX_BODY_BYTES = 1_048_576;

/** What the gateway does with an endpoint's requests. Swapped as a whole. */
export const trafficPlanSchema = z.object({
  endpoint: z.string(),
  revision: z.number().int(),
  /** None where the endpoint is switched off: its callers are told so. */
  variants: z.array(planVariantSchema),
  tokens: z.array(planTokenSchema),
  /** By weight alone where absent. */
  stickiness: stickinessSchema.optional(),
  limits: z
    .object({
      maxBodyBytes: z.number().int().positive().default(DEFAULT_MAX_BODY_BYTES),
      timeoutMs: z.number().int().positive().default(DEFAULT_CALL_TIMEOUT_MS),
      /** Calls that are being answered, at each gateway. */
      concurrentCalls: z.number().int().positive().optional(),
    })
    .default({
      maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
      timeoutMs: DEFAULT_CALL_TIMEOUT_MS,
    }),
});

/** A traffic plan with addresses, as the gateway's admin port takes it. */
export const gatewayRouteSchema = trafficPlanSchema.extend({
  upstreams: z.record(z.string(), upstreamSchema),
});

export type Upstream = z.infer<typeof upstreamSchema>;
export type VariantLabels = z.infer<typeof variantLabelsSchema>;
export type Stickiness = z.infer<typeof stickinessSchema>;
export type CallRate = z.infer<typeof callRateSchema>;
export type HeldCalls = z.infer<typeof heldCallsSchema>;
export type PlanVariant = z.infer<typeof planVariantSchema>;
export type PlanToken = z.infer<typeof planTokenSchema>;
export type TrafficPlan = z.infer<typeof trafficPlanSchema>;
export type GatewayRoute = z.infer<typeof gatewayRouteSchema>;
