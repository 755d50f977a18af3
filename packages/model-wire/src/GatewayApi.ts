import { z } from 'zod';
import { gatewayRouteSchema, TrafficPlan } from './TrafficPlan';

/**
 * The environment variables that a gateway is started with. It has two
 * listeners: the public one for applications, and an admin listener for its
 * parent and the collector, on which every call carries `ADMIN_SECRET` as a
 * bearer token; those for figures carry `METRICS_SECRET`, which opens nothing
 * else.
 *
 * | admin call | does |
 * |---|---|
 * | `GET /routes` | {@link GatewayState} |
 * | `GET /load?seen=&waitMs=` | {@link GatewayLoad}, at once where a call has been held that `seen` does not know of, else after that time |
 * | `PUT /routes` | `{ routes: GatewayRoute[] }`: these and no others. Before the first one the gateway answers 503 to everything |
 * | `PUT /routes/{endpoint}` | one `GatewayRoute`, swapped as a whole; requests in flight finish where they are. Answers its {@link GatewayRouteState} |
 * | `DELETE /routes/{endpoint}` | the endpoint is unknown from now on |
 * | `GET /metrics` | Prometheus text, for who has `METRICS_SECRET` |
 * | `GET /health/live`, `GET /health/ready` | without the secret; ready once it has a plan |
 */
export const gatewayEnvironmentSchema = z.object({
  GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0 takes a free port; `GET /routes` of the admin listener tells which. */
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65535),
  /**
   * Names, separated by commas, under which it answers beside those that always
   * mean this machine; `*` for all. Empty: all where `GATEWAY_HOST` is no
   * loopback address, none where it is one: else a page in a browser could
   * reach it under a name of its own that it points here.
   */
  GATEWAY_ALLOWED_HOSTS: z.string().default(''),
  ADMIN_HOST: z.string().min(1).default('127.0.0.1'),
  ADMIN_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  ADMIN_SECRET: z.string().min(16),
  METRICS_SECRET: z.string().min(16),
  /** Key of the request ids' MAC; the same one verifies reported outcomes. */
  REQUEST_ID_SECRET: z.string().min(16),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** How long requests in flight may take after SIGTERM, milliseconds. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().nonnegative().default(10_000),
});
export type GatewayEnvironment = z.infer<typeof gatewayEnvironmentSchema>;

export const gatewayRoutesSchema = z.object({
  routes: z.array(gatewayRouteSchema),
});
export type GatewayRoutes = z.infer<typeof gatewayRoutesSchema>;

/** What the gateway has of a route. */
export interface GatewayRouteState {
  endpoint: string;
  revision: number;
  /** SHA-256 of its plan, see {@link canonicalTrafficPlan}. */
  hash: string;
  runners: string[];
}

export interface GatewayState {
  pid: number;
  /** Public base URL. */
  url: string;
  /** Whether a full plan has arrived since it started. */
  planned: boolean;
  routes: GatewayRouteState[];
  /** Requests in flight per runner id, of runners that no route names any more too. */
  inFlight: Record<string, number>;
}

/** What its parent scales runners by. */
export interface GatewayLoad {
  pid: number;
  /** By a clock of the process's own, milliseconds. */
  at: number;
  /** Calls held so far; to be given back as `seen`. */
  held: number;
  /**
   * Calls times how long they were at the runner, milliseconds, by its id; grows
   * as long as it is known. Documents that anybody may read are no calls.
   */
  busyMs: Record<string, number>;
  /** Requests in flight per runner id, as in {@link GatewayState}. */
  inFlight: Record<string, number>;
  /** Calls that wait for a runner just now, by {@link variantKey}. */
  waiting: Record<string, number>;
}

/** A variant of a revision. */
export function variantKey(variant: {
  endpoint: string;
  revision: number | string;
  variant: string;
}): string {
  return `${variant.endpoint}/${variant.revision}/${variant.variant}`;
}

/**
 * The plan as text that is equal for equal plans, whatever the order of keys.
 * `routeHash` of the host's state is its SHA-256, hex.
 */
export function canonicalTrafficPlan(plan: TrafficPlan): string {
  return JSON.stringify(sorted(plan));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, sorted(item)]),
    );
  }
  return value;
}
