import { z } from 'zod';
import { trafficPlanSchema } from './TrafficPlan';

/**
 * `plan.json` of an endpoint in a cluster, which its gateways' agents watch:
 * the traffic plan without runners, which are those that are ready behind the
 * service of each variant.
 */
export const endpointPlanSchema = z.object({
  formatVersion: z.literal(1),
  /** Of the route that it was made of; comes back in reports. */
  digest: z.string(),
  plan: trafficPlanSchema,
  /** Name of the service of each variant. */
  services: z.record(z.string(), z.string()),
});
export type EndpointPlan = z.infer<typeof endpointPlanSchema>;

/** Labels of the config maps that have one. */
export const PLAN_LABELS = {
  'app.kubernetes.io/managed-by': 'model-platform',
  'app.kubernetes.io/component': 'plan',
};
/** Label that says of which endpoint it is, even where the plan cannot be read. */
export const ENDPOINT_LABEL = 'model-platform.io/endpoint';
export const PLAN_FILE = 'plan.json';

/** Labels of the leases that agents report in. */
export const REPORT_LABELS = {
  'app.kubernetes.io/managed-by': 'model-platform',
  'app.kubernetes.io/component': 'gateway',
};
/** Annotation of them: {@link GatewayReport} as JSON. */
export const REPORT_ANNOTATION = 'model-platform.io/routes';

/** What a gateway's agent reports: the plans that the gateway has, by endpoint. */
export const gatewayReportSchema = z.record(
  z.string(),
  z.object({ digest: z.string(), revision: z.number().int() }),
);
export type GatewayReport = z.infer<typeof gatewayReportSchema>;

/** The environment variables that a gateway's agent is started with, beside how it reaches the cluster. */
export const gatewayAgentEnvironmentSchema = z.object({
  /** The gateway's admin listener. */
  ADMIN_URL: z.url(),
  ADMIN_SECRET: z.string().min(16),
  /** Makes the secret of each runner of the namespace: {@link runnerSecretOf}. */
  RUNNERS_KEY: z.string().min(16),
  NAMESPACE: z.string().min(1),
  /** Of the gateway; its report has the same name and goes with it. */
  POD_NAME: z.string().min(1),
  POD_UID: z.string().min(1),
});
export type GatewayAgentEnvironment = z.infer<
  typeof gatewayAgentEnvironmentSchema
>;
