import {
  KubernetesObject,
  V1ConfigMap,
  V1Deployment,
  V1Lease,
  V1Pod,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import {
  Kind,
  KINDS,
  KubernetesClient,
  ObjectKey,
  WatchedKind,
} from '@model-platform/model-cluster';
import { LoggerService } from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import { ClusterLimits } from './ClusterLimits';
import { HttpRoute } from './manifests/endpointRoute';
import { LABELS, MANAGER } from './manifests/labels';
import { NamespaceOwner, namespaceOwner } from './manifests/namespaceOwner';

const PATIENCE_MS = 10_000;
/** Secrets are not to be read; addresses are the gateways' business. */
const UNWATCHED = new Set<Kind>(['Secret', 'EndpointSlice']);

/** What each kind's objects are, as far as the driver looks into them. */
type Objects = Record<Kind, KubernetesObject> & {
  Pod: V1Pod;
  Deployment: V1Deployment;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  ConfigMap: V1ConfigMap;
  Lease: V1Lease;
  HTTPRoute: HttpRoute;
};

/**
 * All of the platform's own objects in the cluster but secrets, which it never
 * reads. There may be other platforms in it: their namespaces have another prefix.
 */
export class ClusterView {
  private readonly kinds = new Map<Kind, WatchedKind>();

  /** Of an operator, or an API, that not every cluster has, and nothing waits for. */
  private readonly optional: ReadonlySet<Kind>;

  private waiting = new Set<() => void>();

  private starting: Promise<void> | undefined;

  constructor(
    private readonly options: {
      client: KubernetesClient;
      logger: LoggerService;
      namespacePrefix: string;
      /** Whether it needs the Gateway API; else there may be routes of before. */
      hasRoutes: boolean;
      limits: Pick<ClusterLimits, 'silenceMs'>;
    },
  ) {
    this.optional = new Set<Kind>([
      'PodMonitor',
      ...(options.hasRoutes ? [] : (['HTTPRoute'] as const)),
    ]);
    for (const kind of Object.keys(KINDS) as Kind[]) {
      if (!UNWATCHED.has(kind) && !this.optional.has(kind)) this.add(kind);
    }
  }

  /** Resolves once it knows everything, as it is now; rejects with what keeps it from that. */
  async ready(): Promise<void> {
    await this.known();
    const { silenceMs } = this.options.limits;
    const [silent] = this.problems.filter(
      ({ since }) => Date.now() - since > silenceMs,
    );
    if (silent) throw silent.error;
  }

  /** Resolves once it knows everything, be it as it was when the cluster could last be reached. */
  async known(): Promise<void> {
    this.starting ??= this.start();
    try {
      await this.starting;
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
    await this.until(
      () => this.isSynced || this.problems.some(({ isRefused }) => isRefused),
      PATIENCE_MS,
    );
    if (this.isSynced) return;
    throw (
      this.problems.at(0)?.error ??
      new ServiceUnavailableError(
        'The API server of the cluster has not told what there is yet',
      )
    );
  }

  async stop(): Promise<void> {
    for (const watched of this.kinds.values()) await watched.stop();
  }

  /** Whether it knows what there is of this kind. */
  watches(kind: Kind): boolean {
    return this.kinds.get(kind)?.synced === true;
  }

  get<K extends Kind>({
    kind,
    namespace,
    name,
  }: ObjectKey & { kind: K }): Objects[K] | undefined {
    const object = this.kinds.get(kind)?.get(name, namespace);
    return object as Objects[K] | undefined;
  }

  /** Undefined where the platform has not made the namespace. */
  ownerOf(namespace: string | undefined): NamespaceOwner | undefined {
    return namespaceOwner(
      this.get({ kind: 'Namespace', name: namespace ?? '' }),
      this.options.namespacePrefix,
    );
  }

  /** In the platform's own namespaces, or one of them. */
  list<K extends Kind>(
    kind: K,
    labels: Record<string, string> = {},
    namespace?: string,
  ): Array<Objects[K]> {
    const watched = this.kinds.get(kind);
    const endpoint = labels[LABELS.endpoint];
    const objects =
      endpoint === undefined
        ? watched?.list(namespace)
        : watched?.labelled(endpoint);
    return [...(objects ?? [])].filter(
      ({ metadata }) =>
        (namespace === undefined || metadata?.namespace === namespace) &&
        Object.entries(labels).every(
          ([name, value]) => metadata?.labels?.[name] === value,
        ) &&
        this.ownerOf(metadata?.namespace) !== undefined,
    ) as Array<Objects[K]>;
  }

  /** Kinds and keys of all objects with these labels in the platform's namespaces. */
  keys(labels: Record<string, string>): ObjectKey[] {
    return [...this.kinds.keys()].flatMap(kind =>
      this.list(kind, labels).map(({ metadata }) => ({
        kind,
        namespace: metadata?.namespace,
        name: metadata?.name ?? '',
      })),
    );
  }

  /** Whether something became true in time; looked at whenever the cluster tells of a change. */
  async until(isTrue: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!isTrue()) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return false;
      await new Promise<void>(resolve => {
        const timer = setTimeout(done, leftMs);
        const { waiting } = this;
        function done() {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
    return true;
  }

  private async start(): Promise<void> {
    for (const kind of this.optional) {
      if (await this.options.client.serves(kind)) this.add(kind);
    }
    for (const watched of this.kinds.values()) watched.start();
  }

  private add(kind: Kind): void {
    const { client, logger } = this.options;
    this.kinds.set(
      kind,
      new WatchedKind({
        client,
        kind,
        labelSelector: `${LABELS.managedBy}=${MANAGER}`,
        indexLabel: LABELS.endpoint,
        onChange: () => this.changed(),
        onFailure: error => {
          logger.warn(error.message);
          this.changed();
        },
      }),
    );
  }

  private get isSynced(): boolean {
    return [...this.kinds].every(
      ([kind, { synced, problem }]) =>
        synced || (this.optional.has(kind) && problem !== undefined),
    );
  }

  /** Nothing waits for optional kinds, where they cannot be had. Refusals first. */
  private get problems() {
    return [...this.kinds]
      .flatMap(([kind, { problem }]) =>
        problem && !this.optional.has(kind) ? [problem] : [],
      )
      .sort((a, b) => Number(b.isRefused) - Number(a.isRefused));
  }

  private changed(): void {
    for (const done of [...this.waiting]) done();
  }
}
