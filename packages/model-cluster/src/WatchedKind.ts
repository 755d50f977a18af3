import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesObject, ListWatch } from '@kubernetes/client-node';
import { statusCodeOf, toClusterError } from './toClusterError';
import { Kind, KINDS, pathOf } from './kinds';
import { KubernetesClient } from './KubernetesClient';
import { OpenedWatch } from './OpenedWatch';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;
const MAX_GAP_MS = 1_000;
/** They do not pass by asking again. */
const REFUSALS = new Set([401, 403, 404]);

/**
 * Objects of one kind, in one namespace or all, as the cluster told last.
 * Listed once, then kept up to date; what was missed, because the server was
 * away or has forgotten so far back, is listed anew.
 */
export class WatchedKind {
  private readonly informer: ListWatch<KubernetesObject>;

  /** Objects by the value of the label that they are looked for by. */
  private readonly byLabel = new Map<string, Map<string, KubernetesObject>>();

  private readonly labelOf = new Map<string, string>();

  private failures = 0;

  private restart: NodeJS.Timeout | undefined;

  private stopped = false;

  private isSynced = false;

  private broken:
    | { since: number; error: Error; isRefused: boolean }
    | undefined;

  constructor(
    private readonly options: {
      client: KubernetesClient;
      kind: Kind;
      /** All of them where absent. */
      namespace?: string;
      labelSelector?: string;
      /** Name of the label that `labelled` looks by. */
      indexLabel?: string;
      onChange(): void;
      /** Of the first failure in a row. */
      onFailure(error: Error): void;
    },
  ) {
    const { client, kind, namespace, labelSelector, onChange } = options;
    this.informer = new ListWatch(
      pathOf(kind, namespace),
      new OpenedWatch(client.config, {
        open: () => this.recovered(),
        // The informer asks again by itself, and tells nobody.
        unanswered: error => this.noteProblem(error),
      }),
      async () => {
        const list = await client.list(kind, labelSelector, namespace);
        // The informer takes them in as soon as it has them.
        setImmediate(() => {
          this.isSynced = true;
          onChange();
        });
        return list;
      },
      false,
      labelSelector,
      undefined,
      // Servers end watches now and then; what happens meanwhile is to be known soon.
      { delayFn: async delayMs => await sleep(Math.min(delayMs, MAX_GAP_MS)) },
    );
    for (const verb of ['add', 'update', 'delete'] as const) {
      this.informer.on(verb, object => {
        this.index(object, verb === 'delete');
        onChange();
      });
    }
    this.informer.on('error', error => this.failed(error));
  }

  start(): void {
    this.informer.start().catch(error => this.failed(error));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.restart);
    await this.informer.stop();
  }

  /** Whether what it has was all there is, at some time. */
  get synced(): boolean {
    return this.isSynced;
  }

  /** Why it hears of no change now, and since when, in milliseconds since 1970; `isRefused` where waiting does not help. */
  get problem():
    | { since: number; error: Error; isRefused: boolean }
    | undefined {
    return this.broken;
  }

  get(name: string, namespace?: string): KubernetesObject | undefined {
    return this.informer.get(name, namespace);
  }

  list(namespace?: string): readonly KubernetesObject[] {
    return this.informer.list(namespace);
  }

  /** Those whose label of the index has this value. */
  labelled(value: string): Iterable<KubernetesObject> {
    return this.byLabel.get(value)?.values() ?? [];
  }

  private index(object: KubernetesObject, isGone: boolean): void {
    const { indexLabel } = this.options;
    if (!indexLabel) return;
    const { namespace, name, labels } = object.metadata ?? {};
    const id = `${namespace}/${name}`;
    const before = this.labelOf.get(id);
    const now = isGone ? undefined : labels?.[indexLabel];
    if (before !== undefined && before !== now) {
      const objects = this.byLabel.get(before);
      objects?.delete(id);
      if (objects?.size === 0) this.byLabel.delete(before);
      this.labelOf.delete(id);
    }
    if (now === undefined) return;
    this.labelOf.set(id, now);
    const objects = this.byLabel.get(now) ?? new Map();
    this.byLabel.set(now, objects.set(id, object));
  }

  private failed(error: unknown): void {
    if (this.stopped) return;
    this.noteProblem(error);
    const delayMs = Math.min(
      FIRST_DELAY_MS * 2 ** Math.min(this.failures, 10),
      MAX_DELAY_MS,
    );
    this.failures += 1;
    clearTimeout(this.restart);
    this.restart = setTimeout(() => this.start(), delayMs);
  }

  private noteProblem(error: unknown): void {
    const { kind, onFailure } = this.options;
    const isFirst = this.broken === undefined;
    this.broken = {
      since: this.broken?.since ?? Date.now(),
      error: toClusterError(error, `list and watch ${KINDS[kind].plural}`),
      isRefused: REFUSALS.has(statusCodeOf(error) ?? 0),
    };
    if (isFirst) onFailure(this.broken.error);
  }

  private recovered(): void {
    this.failures = 0;
    this.broken = undefined;
  }
}
