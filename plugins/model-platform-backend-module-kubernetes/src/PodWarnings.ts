import { V1Pod } from '@kubernetes/client-node';
import { KubernetesClient } from '@model-platform/model-cluster';

/** Every look at a deployment asks; the cluster is asked this often. */
const KEEP_MS = 10_000;

/**
 * Of every pod that starts, or has started: probes fail until it is ready, and
 * whether it has a place says its status.
 */
const USUAL = new Set(['Unhealthy', 'FailedScheduling']);

/** What the cluster warned of about pods whose status says nothing, such as a volume that is not there. */
export class PodWarnings {
  private readonly known = new Map<string, { at: number; message?: string }>();

  constructor(private readonly client: KubernetesClient) {}

  async of({ metadata }: V1Pod): Promise<string | undefined> {
    const { namespace = '', uid = '' } = metadata ?? {};
    const now = Date.now();
    const known = this.known.get(uid);
    if (known && now - known.at < KEEP_MS) return known.message;
    for (const [old, { at }] of this.known) {
      if (now - at >= KEEP_MS) this.known.delete(old);
    }
    const message = await this.read(namespace, uid).catch(
      // Without them the rest of what is known still holds.
      (error: Error) => error.message,
    );
    this.known.set(uid, { at: now, message });
    return message;
  }

  private async read(
    namespace: string,
    uid: string,
  ): Promise<string | undefined> {
    const warnings = await this.client.warnings(namespace, uid);
    return warnings
      .filter(({ reason = '' }) => !USUAL.has(reason))
      .map(({ lastTimestamp, eventTime, reason, message }) => ({
        at: new Date(lastTimestamp ?? eventTime ?? 0).getTime(),
        message: `The cluster warns (${reason}): ${message}`,
      }))
      .sort((left, right) => left.at - right.at)
      .at(-1)?.message;
  }
}
