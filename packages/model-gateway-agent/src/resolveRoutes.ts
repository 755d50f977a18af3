import { V1ConfigMap, V1EndpointSlice } from '@kubernetes/client-node';
import {
  ENDPOINT_LABEL,
  EndpointPlan,
  endpointPlanSchema,
  GatewayReport,
  GatewayRoute,
  PLAN_FILE,
  runnerSecretOf,
  Upstream,
} from '@model-platform/model-wire';

/** Says of which service a slice is. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

export interface ResolvedRoutes {
  routes: GatewayRoute[];
  /** What there is to report once the gateway has them. */
  report: GatewayReport;
  /** What they are made of, by endpoint. */
  plans: ReadonlyMap<string, EndpointPlan>;
  /**
   * Plans that cannot be read, each with the reason: no other endpoint waits
   * for them, and theirs goes on with the plan that it had.
   */
  unreadable: string[];
}

type RunnersByService = ReadonlyMap<string, Upstream[]>;

/**
 * The plans of a namespace with the addresses of the runners that are ready now.
 *
 * @param runnersKey - of the namespace: each service's secret is made of it
 * @param before - the plans that the gateway has
 */
export function resolveRoutes(
  plans: readonly V1ConfigMap[],
  slices: readonly V1EndpointSlice[],
  runnersKey: string,
  before: ResolvedRoutes['plans'] = new Map(),
): ResolvedRoutes {
  const runners = new Map<string, Upstream[]>();
  for (const slice of slices) {
    const service = slice.metadata?.labels?.[SERVICE_LABEL] ?? '';
    runners.set(service, [
      ...(runners.get(service) ?? []),
      ...readyUpstreams(slice, runnerSecretOf(runnersKey, service)),
    ]);
  }
  for (const upstreams of runners.values()) {
    upstreams.sort((left, right) => (left.runner < right.runner ? -1 : 1));
  }
  const unreadable: string[] = [];
  const read = plans
    .flatMap(({ metadata, data }) => {
      try {
        return [endpointPlanSchema.parse(JSON.parse(data?.[PLAN_FILE] ?? ''))];
      } catch (error) {
        unreadable.push(`${metadata?.name}: ${(error as Error).message}`);
        const kept = before.get(metadata?.labels?.[ENDPOINT_LABEL] ?? '');
        return kept ? [kept] : [];
      }
    })
    .map(plan => answeredPlan(plan, before.get(plan.plan.endpoint), runners))
    .sort((left, right) => (left.plan.endpoint < right.plan.endpoint ? -1 : 1));
  return {
    routes: read.map(plan => toRoute(plan, runners)),
    report: Object.fromEntries(
      read.map(({ plan, digest }) => [
        plan.endpoint,
        { digest, revision: plan.revision },
      ]),
    ),
    plans: new Map(read.map(plan => [plan.plan.endpoint, plan])),
    unreadable,
  };
}

/**
 * A plan is here before its first runner is, which the slices tell of a little
 * later than the pod itself: until then calls go where they went, so long as
 * somebody answers them there.
 */
function answeredPlan(
  next: EndpointPlan,
  before: EndpointPlan | undefined,
  runners: RunnersByService,
): EndpointPlan {
  const isOff = next.plan.variants.length === 0;
  if (
    isOff ||
    isAnswered(next, runners) ||
    !before ||
    !isAnswered(before, runners)
  ) {
    return next;
  }
  const { revision, variants } = before.plan;
  // Who may call, and how, is in force at once.
  return { ...before, plan: { ...next.plan, revision, variants } };
}

function isAnswered(
  { plan, services }: EndpointPlan,
  runners: RunnersByService,
): boolean {
  return plan.variants.some(
    ({ name, weight, held }) =>
      weight > 0 && (held || runners.get(services[name])?.length),
  );
}

function toRoute(
  { plan, services }: EndpointPlan,
  runners: RunnersByService,
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
