import { createHash } from 'node:crypto';
import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { KubernetesObject } from '@kubernetes/client-node';
import {
  Kind,
  KubernetesClient,
  ObjectKey,
} from '@model-platform/model-cluster';
import { isOvertaken } from '@model-platform/model-wire';
import { WriteOptions } from '@model-platform/plugin-model-platform-node';
import { FENCING, MANAGER } from './manifests/labels';
import { ClusterView } from './ClusterView';

/** What was written is told back within moments; what is not told by then is written again the next time. */
const NEWS_TIMEOUT_MS = 5_000;

interface Applied {
  /** Digest of what was wanted. */
  wanted: string;
  /** Digest of the fields that were the platform's then: who changes one takes it over. */
  owned: string;
  resourceVersion: string;
  /** Lease number of the leader that wrote it. */
  fencing: number | undefined;
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
  ) {}

  /** One after the other, in this order. */
  async apply(
    objects: readonly KubernetesObject[],
    options: WriteOptions & { signal?: AbortSignal } = {},
  ): Promise<void> {
    const { signal, fencing } = options;
    const written: Array<() => boolean> = [];
    for (const object of objects) {
      signal?.throwIfAborted();
      const key = keyOf(object);
      const wanted = this.wantedOf(object);
      if (this.isAsWanted(key, wanted, fencing)) continue;
      const live = await this.client.apply(this.fenced(object, key, fencing), {
        manager: MANAGER,
        signal,
      });
      const applied = {
        wanted,
        owned: ownedFields(live),
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

  async delete(key: ObjectKey, options: WriteOptions = {}): Promise<void> {
    this.requireLatest(key, options.fencing);
    await this.client.delete(key);
    this.applied.delete(idOf(key));
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
    if (!this.view.watches(key.kind)) return true;
    const live = this.view.get(key);
    if (!live) return false;
    const version = live.metadata?.resourceVersion ?? '';
    if (version === before.resourceVersion) return true;
    if (ownedFields(live) !== before.owned) return false;
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

function ownedFields({ metadata }: KubernetesObject): string {
  const entry = metadata?.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === MANAGER && operation === 'Apply' && !subresource,
  );
  return digestOf(entry?.fieldsV1 ?? null);
}
