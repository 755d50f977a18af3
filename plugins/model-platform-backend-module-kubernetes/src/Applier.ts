import { createHash } from 'node:crypto';
import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { KubernetesObject, V1Deployment } from '@kubernetes/client-node';
import {
  Kind,
  KubernetesClient,
  ObjectKey,
} from '@model-platform/model-cluster';
import { isOvertaken } from '@model-platform/model-wire';
import { WriteOptions } from '@model-platform/plugin-model-platform-node';
import { FENCING, MANAGER, STARTER } from './manifests/labels';
import { appliedFields } from './appliedFields';
import { ClusterLimits } from './ClusterLimits';
import { ClusterView } from './ClusterView';

/** What was written is told back within moments; what is not told by then is written again the next time. */
const NEWS_TIMEOUT_MS = 5_000;
/** Who says that something is not there may say so for a while after it was written. */
const STALE_NEWS_MS = 10_000;

interface Applied {
  key: ObjectKey;
  /** Milliseconds since 1970. */
  at: number;
  /** Digest of what was wanted. */
  wanted: string;
  /** Digest of the fields that were the platform's then: who changes one takes it over. */
  owned: string;
  resourceVersion: string;
  /** Lease number of the leader that wrote it. */
  fencing: number | undefined;
}

export interface ApplyOptions extends WriteOptions {
  signal?: AbortSignal;
  /** How many pods a deployment begins with whose number is an autoscaler's. */
  startWith?(deployment: KubernetesObject): number;
}

/**
 * Keeps objects as they are wanted, and writes only where one is not: because
 * something else is wanted, because it is gone, or because somebody has changed
 * what the platform has said there.
 */
export class Applier {
  private readonly applied = new Map<string, Applied>();

  /** Manifests are not changed once they are made. */
  private readonly digests = new WeakMap<KubernetesObject, string>();

  constructor(
    private readonly client: KubernetesClient,
    private readonly view: ClusterView,
    private readonly logger: LoggerService,
    private readonly limits: Pick<ClusterLimits, 'secretsMs'>,
  ) {}

  /** One after the other, in this order. */
  async apply(
    objects: readonly KubernetesObject[],
    options: ApplyOptions = {},
  ): Promise<void> {
    const { signal, fencing } = options;
    const written: Array<() => boolean> = [];
    for (const object of objects) this.forgetBesideLost(keyOf(object));
    for (const object of objects) {
      signal?.throwIfAborted();
      const key = keyOf(object);
      const wanted = this.wantedOf(object);
      if (this.isAsWanted(key, wanted, fencing)) continue;
      const live = await this.write(object, key, options);
      const applied = {
        key,
        at: Date.now(),
        wanted,
        owned: digestOf(appliedFields(live)),
        resourceVersion: live.metadata?.resourceVersion ?? '',
        fencing,
      };
      this.applied.set(idOf(key), applied);
      if (this.view.watches(key.kind)) {
        written.push(() => this.isTold(key, applied));
      }
    }
    // What was not told yet would look like gone.
    await this.view.until(
      () => written.every(isTold => isTold()),
      NEWS_TIMEOUT_MS,
    );
  }

  /** @throws ConflictError where a later leader has written it, or the cluster does not tell who has */
  async delete(key: ObjectKey, options: WriteOptions = {}): Promise<void> {
    while (!(await this.deleteSeen(key, options))) {
      // It is looked at again as it is now.
    }
    this.applied.delete(idOf(key));
  }

  /** The one that is known, and none that was written since; whether that was it. */
  private async deleteSeen(
    key: ObjectKey,
    { fencing }: WriteOptions,
  ): Promise<boolean> {
    const live = this.requireLatest(key, fencing);
    if (!this.view.watches(key.kind)) return await this.client.delete(key);
    // What has gone may have been made anew by another leader.
    if (!live) return true;
    const { uid, resourceVersion } = live.metadata ?? {};
    if (await this.client.delete(key, { uid, resourceVersion })) return true;
    const isTold = await this.view.until(
      () => this.view.get(key)?.metadata?.resourceVersion !== resourceVersion,
      NEWS_TIMEOUT_MS,
    );
    if (isTold) return false;
    throw new ConflictError(
      `${idOf(key)} was changed, and the cluster has not told how yet`,
    );
  }

  /** What is not watched in a namespace is written again when it is applied next: somebody misses it. */
  forgetUnwatched(namespace: string | undefined): void {
    this.forget(namespace, Date.now() - STALE_NEWS_MS);
  }

  /** With what is watched and has gone, perhaps with all of its namespace, other things may have gone unseen. */
  private forgetBesideLost(key: ObjectKey): void {
    if (
      this.applied.has(idOf(key)) &&
      this.view.watches(key.kind) &&
      !this.view.get(key)
    ) {
      this.forget(key.kind === 'Namespace' ? key.name : key.namespace);
    }
  }

  private forget(namespace: string | undefined, writtenBefore = Infinity) {
    for (const [id, { key, at }] of this.applied) {
      const isUnwatched = !this.view.watches(key.kind);
      if (isUnwatched && key.namespace === namespace && at < writtenBefore) {
        this.applied.delete(id);
      }
    }
  }

  private async write(
    object: KubernetesObject,
    key: ObjectKey,
    { signal, fencing, startWith }: ApplyOptions,
  ): Promise<KubernetesObject> {
    const fenced = this.fenced(object, key, fencing);
    const isScaled =
      key.kind === 'Deployment' && replicasOf(object) === undefined;
    const before = this.view.get(key);
    if (isScaled && before && isCounted(before, MANAGER)) {
      // Who alone says it and says it no more sets it back to one.
      await this.count(object, replicasOf(before), signal);
    }
    const live = await this.client.apply(fenced, { manager: MANAGER, signal });
    return isScaled && startWith && !isCounted(live)
      ? await this.count(object, startWith(object), signal)
      : live;
  }

  /** Says how many pods there shall be, until somebody else does. */
  private async count(
    { apiVersion, kind, metadata }: KubernetesObject,
    replicas: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<KubernetesObject> {
    const { namespace, name } = metadata ?? {};
    const counted: KubernetesObject & { spec: { replicas?: number } } = {
      apiVersion,
      kind,
      metadata: { namespace, name },
      spec: { replicas },
    };
    return await this.client.apply(counted, { manager: STARTER, signal });
  }

  private wantedOf(object: KubernetesObject): string {
    const known = this.digests.get(object);
    if (known) return known;
    const digest = digestOf(object);
    this.digests.set(object, digest);
    return digest;
  }

  /** @throws ConflictError where a later leader has written it */
  private requireLatest(
    key: ObjectKey,
    fencing: number | undefined,
  ): KubernetesObject | undefined {
    const live = this.view.get(key);
    const seen = Number(live?.metadata?.annotations?.[FENCING] ?? -1);
    if (fencing !== undefined && isOvertaken(fencing, seen)) {
      throw new ConflictError(
        `Another process of the portal leads by now: its number ${seen} is on ${idOf(
          key,
        )}, ${fencing} comes too late`,
      );
    }
    if (fencing !== undefined && seen > fencing) {
      this.logger.warn(
        `${idOf(
          key,
        )} has the lease number ${seen} (${FENCING}), which no leader can have had: the platform writes it anew. Who may annotate objects there?`,
      );
    }
    return live;
  }

  /** With the leader's number, and where it moves traffic only onto what was looked at. */
  private fenced(
    object: KubernetesObject,
    key: ObjectKey,
    fencing: number | undefined,
  ): KubernetesObject {
    const live = this.requireLatest(key, fencing);
    if (fencing === undefined) return object;
    return {
      ...object,
      metadata: {
        ...object.metadata,
        annotations: {
          ...object.metadata?.annotations,
          [FENCING]: String(fencing),
        },
        // Nobody else writes those: what was written meanwhile is another leader's.
        ...(key.kind === 'ConfigMap' && live
          ? { resourceVersion: live.metadata?.resourceVersion }
          : {}),
      },
    };
  }

  private isAsWanted(
    key: ObjectKey,
    wanted: string,
    fencing: number | undefined,
  ): boolean {
    const before = this.applied.get(idOf(key));
    if (before?.wanted !== wanted || before.fencing !== fencing) return false;
    if (!this.view.watches(key.kind)) {
      return Date.now() - before.at < this.limits.secretsMs;
    }
    const live = this.view.get(key);
    if (!live) return false;
    const version = live.metadata?.resourceVersion ?? '';
    if (version === before.resourceVersion) return true;
    if (digestOf(appliedFields(live)) !== before.owned) return false;
    before.resourceVersion = version;
    return true;
  }

  private isTold(key: ObjectKey, { resourceVersion }: Applied): boolean {
    const told = this.view.get(key)?.metadata?.resourceVersion;
    return told !== undefined && BigInt(told) >= BigInt(resourceVersion);
  }
}

function keyOf({ kind, metadata }: KubernetesObject): ObjectKey {
  return {
    kind: kind as Kind,
    namespace: metadata?.namespace,
    name: metadata?.name ?? '',
  };
}

function idOf({ kind, namespace, name }: ObjectKey): string {
  return `${kind} ${namespace ?? ''}/${name}`;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function replicasOf(deployment: KubernetesObject): number | undefined {
  return (deployment as V1Deployment).spec?.replicas;
}

/** Whether somebody, or this one, has said how many pods it has. */
function isCounted({ metadata }: KubernetesObject, by?: string): boolean {
  return (metadata?.managedFields ?? []).some(
    ({ manager, fieldsV1 }) =>
      (by === undefined || manager === by) &&
      Object(fieldsV1)['f:spec']?.['f:replicas'] !== undefined,
  );
}
