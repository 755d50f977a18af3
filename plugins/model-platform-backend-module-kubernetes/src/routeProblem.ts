import { appliedFields } from './appliedFields';
import { MANAGER } from './manifests/labels';
import { HttpRoute, ParentRef } from './manifests/endpointRoute';

/** Controllers have looked at a route by then. */
const PATIENCE_MS = 60_000;

/** What to do about the usual reasons of the Gateway API. */
const ADVICE: Record<string, string | undefined> = {
  NotAllowedByListeners:
    'let its allowedRoutes select namespaces with the label app.kubernetes.io/managed-by: model-platform',
  NoMatchingListenerHostname:
    'see route.hostnames of the environment, and the hostname of its listeners',
  NoMatchingParent: 'see sectionName in route.gateways of the environment',
};

/**
 * Why no Gateway leads callers to an endpoint, if so: those of the environment
 * refuse its route, or none has looked at it for a minute. One that takes it is enough.
 */
export function routeProblem(
  route: HttpRoute,
  now = Date.now(),
): string | undefined {
  const problems = route.spec.parentRefs.map(ref => problemAt(ref, route, now));
  return problems.every(problem => problem !== undefined)
    ? problems[0]
    : undefined;
}

/** Whether the route leads through these Gateways, by these names, and is otherwise as the platform has written it. */
export function leadsThrough(
  route: HttpRoute,
  { gateways, hostnames }: { gateways: ParentRef[]; hostnames: string[] },
): boolean {
  const { parentRefs, hostnames: names = [] } = route.spec;
  // Lists are somebody's as a whole. Names that others add where it has none stay.
  const own = appliedFields(route, 'f:spec');
  const isNamed = hostnames.length > 0;
  return (
    'f:rules' in own &&
    'f:parentRefs' in own &&
    parentRefs.length === gateways.length &&
    gateways.every(ref => parentRefs.some(one => isSame(one, ref))) &&
    'f:hostnames' in own === isNamed &&
    (!isNamed ||
      (names.length === hostnames.length &&
        hostnames.every(name => names.includes(name))))
  );
}

function problemAt(
  ref: ParentRef,
  { metadata, status }: HttpRoute,
  now: number,
): string | undefined {
  const name = `${ref.namespace}/${ref.name}`;
  const parents = (status?.parents ?? []).filter(({ parentRef }) =>
    isSame(parentRef, ref),
  );
  if (parents.length === 0) {
    const written = metadata?.managedFields?.find(
      ({ manager, operation }) => manager === MANAGER && operation === 'Apply',
    )?.time;
    return written && now - new Date(written).getTime() > PATIENCE_MS
      ? `No Gateway ${name} has taken the route of the endpoint: see route.gateways of the environment, and whether that Gateway is there and its controller runs`
      : undefined;
  }
  const refusal = parents
    .flatMap(({ conditions }) => conditions ?? [])
    .find(
      ({ type, status: is, observedGeneration }) =>
        (type === 'Accepted' || type === 'ResolvedRefs') &&
        is === 'False' &&
        // Of an earlier one it says nothing about this one.
        (observedGeneration === undefined ||
          observedGeneration === metadata?.generation),
    );
  if (!refusal) return undefined;
  const { reason, message } = refusal;
  const advice = ADVICE[reason];
  return `The Gateway ${name} does not lead callers to the endpoint (${reason})${
    message ? `: ${message.replace(/\.$/, '')}` : ''
  }${advice ? `; ${advice}` : ''}`;
}

function isSame(one: ParentRef, other: ParentRef): boolean {
  return (
    one.name === other.name &&
    one.namespace === other.namespace &&
    one.sectionName === other.sectionName
  );
}
