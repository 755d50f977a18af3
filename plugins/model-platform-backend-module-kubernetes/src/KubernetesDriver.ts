import { createHash } from 'node:crypto';
import { LoggerService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import { KubernetesObject, V1ConfigMap, V1Pod } from '@kubernetes/client-node';
import { KubernetesClient, ObjectKey } from '@model-platform/model-cluster';
import {
  canonicalTrafficPlan,
  EndpointPlan,
  endpointPlanSchema,
  PLAN_FILE,
  PLAN_LABELS,
  TrafficPlan,
} from '@model-platform/model-wire';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  DeploymentDriver,
  DeploymentRef,
  DesiredRevision,
  DesiredRoute,
  EndpointCodeSettings,
  LanguageModels,
  LogOptions,
  LogSource,
  ObservedDeployment,
  RunnerRef,
  ScrapeTarget,
  WriteOptions,
  toTrafficPlan,
} from '@model-platform/plugin-model-platform-node';
import { AccountTokens } from './AccountTokens';
import { appliedFields } from './appliedFields';
import { Applier } from './Applier';
import { CLUSTER_LIMITS, ClusterLimits } from './ClusterLimits';
import { ClusterView } from './ClusterView';
import { DerivedKeys } from './DerivedKeys';
import { GatewayReports } from './GatewayReports';
import { KubernetesSettings } from './KubernetesSettings';
import { endpointPlanMap, planName } from './manifests/endpointPlanMap';
import { endpointRoute } from './manifests/endpointRoute';
import { gatewayManifests } from './manifests/gatewayManifests';
import {
  GATEWAY,
  GatewayPlacement,
  gatewaySelector,
} from './manifests/GatewayPlacement';
import { ADMIN_PORT, PORT } from './manifests/images';
import { LABELS } from './manifests/labels';
import { monitorManifests } from './manifests/monitorManifests';
import { requireNotOthers } from './manifests/namespaceOwner';
import { namespaceName, objectName } from './manifests/objectName';
import { Placement } from './manifests/Placement';
import { runnerManifests } from './manifests/runnerManifests';
import { missingRunner } from './missingRunner';
import { placementsOf } from './placementsOf';
import { podLog } from './podLog';
import { PodMonitors } from './PodMonitors';
import { PodWarnings } from './PodWarnings';
import { leadsThrough, routeProblem } from './routeProblem';
import { isUnexplained, runnerStatusOf } from './runnerStatusOf';
import { startingReplicas } from './startingReplicas';

/** Gateways hear of a plan within moments; the reconciler comes again. */
const ROUTE_TIMEOUT_MS = 10_000;
/** Draining takes as long as calls may; what takes longer is waited for the next time. */
const DRAIN_TIMEOUT_MS = 90_000;

/** A revision as objects, with those of its namespace. */
interface Manifests {
  namespace: string;
  objects: KubernetesObject[];
  monitors: KubernetesObject[];
}

/**
 * Runs models as pods of a cluster: each system has a namespace in each
 * environment, with a gateway of its own. What is wanted is applied as
 * objects; what is, is what the cluster tells of them. @public
 */
export class KubernetesDriver implements DeploymentDriver {
  static fromConfig(
    config: Config,
    options: { logger: LoggerService; limits?: Partial<ClusterLimits> },
  ): KubernetesDriver {
    const settings = KubernetesSettings.fromConfig(config);
    const limits = { ...CLUSTER_LIMITS, ...options.limits };
    const { pageSize } = limits;
    return new KubernetesDriver(
      settings,
      KubernetesClient.fromKubeconfig({ ...settings.cluster, pageSize }),
      LanguageModels.fromConfig(config),
      EndpointCodeSettings.fromConfig(config),
      options.logger,
      limits,
    );
  }

  readonly name = 'kubernetes';

  /** Nodes that are added, images, files, packages and the start. */
  readonly readyTimeoutMs = 900_000;

  readonly workloadTokens: AccountTokens;

  private readonly view: ClusterView;

  private readonly applier: Applier;

  private readonly gateways: GatewayReports;

  private readonly warnings: PodWarnings;

  private readonly keys: DerivedKeys;

  private readonly podMonitors: PodMonitors;

  /** Revisions are immutable, and so is what they are as objects. */
  private readonly manifests = new WeakMap<DesiredRevision, Manifests>();

  /** Digests of routes that lead nowhere, of endpoints that the cluster has never seen. */
  private readonly nowhere = new Map<string, string>();

  private constructor(
    private readonly settings: KubernetesSettings,
    private readonly client: KubernetesClient,
    private readonly languageModels: LanguageModels,
    private readonly endpointCode: EndpointCodeSettings,
    logger: LoggerService,
    limits: ClusterLimits,
  ) {
    this.keys = new DerivedKeys(settings.cluster.secretKey);
    this.view = new ClusterView({
      client,
      logger,
      namespacePrefix: settings.cluster.namespacePrefix,
      hasRoutes: settings.hasRoutes,
      limits,
    });
    this.applier = new Applier(client, this.view, logger, limits);
    this.gateways = new GatewayReports(this.view);
    this.warnings = new PodWarnings(client);
    const { view, applier } = this;
    this.workloadTokens = new AccountTokens(settings, view, { client, logger });
    this.podMonitors = new PodMonitors({ view, applier, logger });
  }

  /** Ends what it watches with. */
  async stop(): Promise<void> {
    await this.view.stop();
  }

  /** Whether an image has its runtime is seen when a pod starts. */
  async unavailable(): Promise<string | undefined> {
    return undefined;
  }

  async apply(
    desired: DesiredRevision,
    options: WriteOptions & { signal: AbortSignal },
  ): Promise<void> {
    await this.view.ready();
    const { view, gateways } = this;
    const { namespace, objects, monitors } = this.manifestsOf(desired);
    requireNotOthers(
      view.get({ kind: 'Namespace', name: namespace }),
      this.settings.cluster.namespacePrefix,
    );
    await this.applier.apply(objects, {
      ...options,
      startWith: deployment =>
        startingReplicas(deployment, objects, { view, gateways }),
    });
    await this.podMonitors.keep(namespace, monitors, options);
    // What an earlier version of the platform made of this revision, and this one does not.
    const names = new Set(
      objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`),
    );
    const former = this.objectsOf(desired.ref, desired.revision).filter(
      key => !names.has(`${key.kind}/${key.name}`),
    );
    // All else of a gateway is there whatever its configuration is.
    const autoscaler = {
      kind: 'HorizontalPodAutoscaler',
      namespace,
      name: GATEWAY,
    } as const;
    if (!names.has(`${autoscaler.kind}/${GATEWAY}`) && view.get(autoscaler)) {
      former.push(autoscaler);
    }
    for (const key of former) await this.applier.delete(key, options);
  }

  async observe(ref: DeploymentRef): Promise<ObservedDeployment> {
    await this.view.ready();
    const labels = {
      [LABELS.component]: 'runner',
      [LABELS.endpoint]: ref.name,
    };
    const pods = this.view.list('Pod', labels);
    const deployments = this.view.list('Deployment', labels);
    const runners = await Promise.all(
      pods.map(async pod =>
        runnerStatusOf(
          pod,
          isUnexplained(pod) ? await this.warnings.of(pod) : undefined,
        ),
      ),
    );
    for (const deployment of deployments) {
      const { namespace, name = '' } = deployment.metadata ?? {};
      const there = pods.filter(
        ({ metadata, status }) =>
          metadata?.namespace === namespace &&
          !metadata?.deletionTimestamp &&
          status?.phase !== 'Failed' &&
          metadata?.labels?.[LABELS.revision] ===
            deployment.metadata?.labels?.[LABELS.revision] &&
          metadata?.labels?.[LABELS.variant] ===
            deployment.metadata?.labels?.[LABELS.variant],
      );
      const autoscaler = this.view.get({
        kind: 'HorizontalPodAutoscaler',
        namespace,
        name,
      });
      const missing = missingRunner(deployment, there.length, autoscaler);
      if (missing) runners.push(missing);
    }
    const observed = {
      runners,
      ...this.observedRoute(ref, deployments[0]),
    };
    if ([observed, ...runners].some(lacksSecret)) {
      this.applier.forgetUnwatched(deployments[0]?.metadata?.namespace);
    }
    return observed;
  }

  routeDigest(ref: DeploymentRef, route: DesiredRoute): string {
    return digestOf(planOf(ref, route));
  }

  async route(
    ref: DeploymentRef,
    route: DesiredRoute,
    options: WriteOptions = {},
  ): Promise<void> {
    await this.view.ready();
    const plan = planOf(ref, route);
    const digest = digestOf(plan);
    const namespace = this.namespaceOf(ref, route);
    if (namespace === undefined) {
      this.nowhere.set(ref.name, digest);
      return;
    }
    const settings = this.settings.environment(route.environment);
    const httpRoute = endpointRoute(namespace, ref.name, settings);
    await this.applier.apply(
      [
        endpointPlanMap(namespace, route.environment, {
          formatVersion: 1,
          digest,
          plan,
          services: Object.fromEntries(
            // One may be of a revision that is tried beside the route's own.
            plan.variants.map(({ name, labels }) => [
              name,
              objectName(ref.name, Number(labels.revision), labels.variant),
            ]),
          ),
        }),
        ...(httpRoute ? [httpRoute] : []),
      ],
      options,
    );
    // Of when the environment had a route.
    const led = httpRouteKey(namespace, ref);
    if (!httpRoute && this.view.get(led)) {
      await this.applier.delete(led, options);
    }
    const isInForce = await this.view.until(
      () => this.gateways.routeOf(namespace, ref.name).digest === digest,
      ROUTE_TIMEOUT_MS,
    );
    if (!isInForce) {
      throw new ServiceUnavailableError(
        this.gateways.problem(namespace) ??
          `Not all gateways of the namespace ${namespace} have taken over the route of ${ref.name} yet`,
      );
    }
  }

  async switchOff(
    ref: DeploymentRef,
    route: DesiredRoute,
    options: WriteOptions = {},
  ): Promise<void> {
    await this.route(ref, route, options);
    await this.removeRunners(ref, () => true, options);
  }

  async release(
    ref: DeploymentRef,
    { keep, newest }: { keep: number[]; newest: number },
    options: WriteOptions = {},
  ): Promise<void> {
    await this.view.ready();
    // Draining takes its time: a later revision may begin meanwhile, and was never meant.
    await this.removeRunners(
      ref,
      revision => !keep.includes(revision) && revision <= newest,
      options,
    );
  }

  async remove(ref: DeploymentRef, options: WriteOptions = {}): Promise<void> {
    await this.view.ready();
    const keys = this.view.keys({ [LABELS.endpoint]: ref.name });
    const plans = keys.filter(
      ({ kind, name }) => kind === 'ConfigMap' && name === planName(ref.name),
    );
    const routes = keys.filter(({ kind }) => kind === 'HTTPRoute');
    for (const key of [...plans, ...routes]) {
      await this.applier.delete(key, options);
    }
    for (const { namespace = '' } of plans) {
      await this.view.until(
        () => this.gateways.isGone(namespace, ref.name),
        ROUTE_TIMEOUT_MS,
      );
    }
    await this.removeRunners(ref, () => true, options);
    this.nowhere.delete(ref.name);
  }

  async list(): Promise<string[]> {
    await this.view.ready();
    return [
      ...new Set(
        this.view
          .keys({})
          .flatMap(
            key =>
              this.view.get(key)?.metadata?.labels?.[LABELS.endpoint] ?? [],
          ),
      ),
    ];
  }

  async *logs(ref: RunnerRef, options: LogOptions): AsyncIterable<LogLine> {
    await this.view.ready();
    const look = () =>
      this.podsOf(ref.deployment).find(
        ({ metadata }) => metadata?.name === ref.runner,
      );
    if (!look()) {
      throw new NotFoundError(
        `${ref.deployment.name} has no runner ${ref.runner}`,
      );
    }
    yield* podLog(this.client, look, options);
  }

  async logSources(ref: DeploymentRef): Promise<LogSource[]> {
    await this.view.ready();
    return this.podsOf(ref).map(({ metadata }) => ({
      runner: metadata?.name ?? '',
      revision: Number(metadata?.labels?.[LABELS.revision]),
      variant: metadata?.labels?.[LABELS.variant],
    }));
  }

  /** Of environments that let a collector in, which the portal takes itself for. */
  async scrapeTargets(): Promise<ScrapeTarget[]> {
    // Pods go on counting while the API server is away.
    await this.view.known();
    return this.view.list('Pod').flatMap(pod => this.scrapeTargetOf(pod) ?? []);
  }

  private manifestsOf(desired: DesiredRevision): Manifests {
    const known = this.manifests.get(desired);
    if (known) return known;
    const placements = placementsOf(desired, {
      settings: this.settings,
      keys: this.keys,
      languageModels: this.languageModels,
      endpointCode: this.endpointCode,
    });
    // All variants are of one system.
    const [first] = placements;
    const gateway = this.gatewayOf(first);
    const made = {
      namespace: gateway.namespace,
      objects: [
        ...gatewayManifests(gateway),
        ...placements.flatMap(runnerManifests),
      ],
      monitors: monitorManifests(gateway),
    };
    this.manifests.set(desired, made);
    return made;
  }

  private gatewayOf(placement: Placement): GatewayPlacement {
    const { namespace, environment, variant, cluster, settings } = placement;
    return {
      namespace,
      system: variant.model.system,
      environment,
      cluster,
      settings,
      collectedMetrics: this.settings.collectedMetrics,
      secrets: {
        admin: this.keys.adminSecret(namespace),
        runners: this.keys.runnersKey(namespace),
        requestId: this.keys.requestIdSecret(),
        metrics: this.keys.metricsSecret(namespace),
        fingerprint: this.keys.fingerprint(),
      },
    };
  }

  /** Where the endpoint's route is, or would be; undefined where nothing of it is anywhere. */
  private namespaceOf(
    ref: DeploymentRef,
    route: DesiredRoute,
  ): string | undefined {
    const [variant] = route.variants;
    if (variant) {
      return namespaceName(
        this.settings.cluster.namespacePrefix,
        variant.model.system,
        route.environment,
      );
    }
    const [object] = this.view.keys({ [LABELS.endpoint]: ref.name });
    return object?.namespace;
  }

  private observedRoute(
    ref: DeploymentRef,
    deployment: KubernetesObject | undefined,
  ): Omit<ObservedDeployment, 'runners'> {
    const planObject = this.planObjectOf(ref);
    const { namespace } = (planObject ?? deployment)?.metadata ?? {};
    const owner = this.view.ownerOf(namespace);
    if (namespace === undefined || owner === undefined) {
      return { routeDigest: this.nowhere.get(ref.name) };
    }
    const { digest, revision } = this.gateways.routeOf(namespace, ref.name);
    const plan = keptPlanIn(planObject);
    const isOff = plan?.digest === digest && plan?.plan.variants.length === 0;
    const { url, route } = this.settings.environment(owner.environment);
    const led = this.view.get(httpRouteKey(namespace, ref));
    const isLed = route ? led && leadsThrough(led, route) : !led;
    return {
      routedRevision: isOff ? undefined : revision,
      // Else both are applied anew, with what is configured now.
      routeDigest: plan && isLed ? digest : undefined,
      url: `${url.replace(/\/+$/, '')}/${ref.name}`,
      message:
        this.gateways.problem(namespace) ??
        (route && led ? routeProblem(led) : undefined),
    };
  }

  private planObjectOf(ref: DeploymentRef) {
    return this.view
      .list('ConfigMap', { ...PLAN_LABELS, [LABELS.endpoint]: ref.name })
      .at(0);
  }

  /** Without its route: plan and `HTTPRoute` have no revision. */
  private objectsOf(ref: DeploymentRef, revision: number): ObjectKey[] {
    return this.view
      .keys({
        [LABELS.endpoint]: ref.name,
        [LABELS.revision]: String(revision),
      })
      .filter(({ kind }) => kind !== 'Pod');
  }

  /** Pods drain first, with all that they need around them. */
  private async removeRunners(
    ref: DeploymentRef,
    isUnwanted: (revision: number) => boolean,
    options: WriteOptions,
  ): Promise<void> {
    const revisions = [
      ...new Set(
        this.view
          .keys({ [LABELS.component]: 'runner', [LABELS.endpoint]: ref.name })
          .map(key =>
            Number(this.view.get(key)?.metadata?.labels?.[LABELS.revision]),
          ),
      ),
    ].filter(isUnwanted);
    const objects = revisions.flatMap(revision =>
      this.objectsOf(ref, revision),
    );
    const isWorkload = ({ kind }: ObjectKey) =>
      kind === 'Deployment' || kind === 'HorizontalPodAutoscaler';
    for (const key of objects.filter(isWorkload)) {
      await this.applier.delete(key, options);
    }
    const pods = () =>
      this.podsOf(ref).filter(({ metadata }) =>
        revisions.includes(Number(metadata?.labels?.[LABELS.revision])),
      );
    const isGone = await this.view.until(
      () => pods().length === 0,
      DRAIN_TIMEOUT_MS,
    );
    if (!isGone) {
      throw new ServiceUnavailableError(
        `${pods().length} runners of ${ref.name} drain still`,
      );
    }
    const rest = objects.filter(key => !isWorkload(key));
    // Secrets are never read, and so not found; each has the name of the account beside it.
    for (const { kind, namespace, name } of rest) {
      if (kind === 'ServiceAccount') {
        await this.applier.delete({ kind: 'Secret', namespace, name }, options);
      }
    }
    for (const key of rest) await this.applier.delete(key, options);
    await this.view.until(
      () => objects.every(key => this.view.get(key) === undefined),
      ROUTE_TIMEOUT_MS,
    );
  }

  private podsOf(ref: DeploymentRef): V1Pod[] {
    return this.view.list('Pod', {
      [LABELS.component]: 'runner',
      [LABELS.endpoint]: ref.name,
    });
  }

  private scrapeTargetOf(pod: V1Pod): ScrapeTarget | undefined {
    const { metadata, status } = pod;
    const { namespace = '', name, labels = {} } = metadata ?? {};
    const { system = '', environment = '' } =
      this.view.ownerOf(namespace) ?? {};
    // The address of a pod that has ended may be another one's by now.
    const { phase } = runnerStatusOf(pod, undefined);
    if (
      phase === 'stopped' ||
      !status?.podIP ||
      !this.settings.find(environment)?.collector
    ) {
      return undefined;
    }
    const host = status.podIP.includes(':')
      ? `[${status.podIP}]`
      : status.podIP;
    const id = `kubernetes/${namespace}/${name}`;
    const headers = {
      authorization: `Bearer ${this.keys.metricsSecret(namespace)}`,
    };
    if (labels[LABELS.component] === gatewaySelector[LABELS.component]) {
      return {
        id,
        kind: 'gateway',
        serves: { system, environment },
        isAway: phase !== 'ready',
        url: `http://${host}:${ADMIN_PORT}/metrics`,
        headers,
      };
    }
    return {
      id,
      kind: 'runner',
      isShadow: labels[LABELS.shadow] === 'true' || undefined,
      url: `http://${host}:${PORT}/metrics`,
      headers,
      labels: {
        system,
        model: labels[LABELS.model],
        endpoint: labels[LABELS.endpoint],
        variant: labels[LABELS.variant],
        version: labels[LABELS.version],
        revision: labels[LABELS.revision],
      },
    };
  }
}

function httpRouteKey(namespace: string, ref: DeploymentRef) {
  return { kind: 'HTTPRoute', namespace, name: ref.name } as const;
}

/** As a kubelet says it of a pod, in the words that a runner or gateway has for it. */
function lacksSecret({ message }: { message?: string }): boolean {
  return /secret "[^"]+" not found/.test(message ?? '');
}

/** Gateways find runners by themselves: a pod that comes or goes is no other plan. */
function planOf(ref: DeploymentRef, route: DesiredRoute): TrafficPlan {
  return toTrafficPlan(ref, {
    ...route,
    variants: route.variants.map(variant => ({ ...variant, runners: [] })),
  });
}

/** Undefined where it is not as this version of the platform has written it. */
function keptPlanIn(object: V1ConfigMap | undefined): EndpointPlan | undefined {
  const isOwn = object && `f:${PLAN_FILE}` in appliedFields(object, 'f:data');
  if (!isOwn) return undefined;
  try {
    return endpointPlanSchema.parse(JSON.parse(object.data?.[PLAN_FILE] ?? ''));
  } catch {
    return undefined;
  }
}

function digestOf(plan: TrafficPlan): string {
  return createHash('sha256').update(canonicalTrafficPlan(plan)).digest('hex');
}
