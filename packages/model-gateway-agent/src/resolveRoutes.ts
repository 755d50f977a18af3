import { V1ConfigMap, V1EndpointSlice } from '@kubernetes/client-node';
import {
  EndpointPlan,
  endpointPlanSchema,
  GatewayReport,
  GatewayRoute,
  PLAN_FILE,
  Upstream,
} from '@model-platform/model-wire';

/** Says of which service a slice is. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

export interface ResolvedRoutes {
  routes: GatewayRoute[];
  /** What there is to report once the gateway has them. */
  report: GatewayReport;
}

/** The plans of a namespace with the addresses of the runners that are ready now. */
export function resolveRoutes(
  plans: readonly V1ConfigMap[],
  slices: readonly V1EndpointSlice[],
  runnerSecret: string,
): ResolvedRoutes {
  const runners = new Map<string, Upstream[]>();
  for (const slice of slices) {
    const service = slice.metadata?.labels?.[SERVICE_LABEL] ?? '';
    runners.set(service, [
      ...(runners.get(service) ?? []),
      ...readyUpstreams(slice, runnerSecret),
    ]);
  }
  for (const upstreams of runners.values()) {
    upstreams.sort((left, right) => (left.runner < right.runner ? -1 : 1));
  }
  const read = plans
    .map(({ data }) =>
      endpointPlanSchema.parse(JSON.parse(data?.[PLAN_FILE] ?? '')),
    )
    .sort((left, right) => (left.plan.endpoint < right.plan.endpoint ? -1 : 1));
  return {
    routes: read.map(plan => toRoute(plan, runners)),
    report: Object.fromEntries(
      read.map(({ plan, digest }) => [
        plan.endpoint,
        { digest, revision: plan.revision },
      ]),
    ),
  };
}

function toRoute(
  { plan, services }: EndpointPlan,
  runners: ReadonlyMap<string, Upstream[]>,
): GatewayRoute {
  const variants = plan.variants.map(variant => ({
    variant,
    upstreams: runners.get(services[variant.name]) ?? [],
  }));
  return {
    ...plan,
    variants: variants.map(({ variant, upstreams }) => ({
      ...variant,
      runners: upstreams.map(({ runner }) => runner),
    })),
    upstreams: Object.fromEntries(
      variants
        .flatMap(({ upstreams }) => upstreams)
        .map(upstream => [upstream.runner, upstream]),
    ),
  };
}

function readyUpstreams(
  { addressType, endpoints, ports }: V1EndpointSlice,
  secret: string,
): Upstream[] {
  const port = ports?.[0]?.port;
  if (port === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .map(({ addresses: [address], targetRef }) => ({
      runner: targetRef?.name ?? address,
      url: `http://${
        addressType === 'IPv6' ? `[${address}]` : address
      }:${port}`,
      secret,
    }));
}
