import { LoggerService } from '@backstage/backend-plugin-api';
import { KubernetesObject } from '@kubernetes/client-node';
import { WriteOptions } from '@model-platform/plugin-model-platform-node';
import { Applier } from './Applier';
import { ClusterView } from './ClusterView';

/** What could not be written is tried again so long after; looks come every few seconds. */
const RETRY_MS = 60_000;

/**
 * Tells the Prometheus operator what to read, where there is one. Figures are
 * no reason to leave anything else undone: what cannot be written is said in
 * the log, and tried again with a later look at a deployment.
 */
export class PodMonitors {
  /** By namespace: what could not be done, which is said once. */
  private readonly failures = new Map<
    string,
    { message: string; retryAt: number }
  >();

  constructor(
    private readonly options: {
      view: ClusterView;
      applier: Applier;
      logger: LoggerService;
    },
  ) {}

  /** @param wanted - all of the platform's in the namespace; others are taken away */
  async keep(
    namespace: string,
    wanted: readonly KubernetesObject[],
    options: WriteOptions & { signal: AbortSignal },
  ): Promise<void> {
    const { view, applier, logger } = this.options;
    const failure = this.failures.get(namespace);
    if (
      !view.watches('PodMonitor') ||
      (failure && Date.now() < failure.retryAt)
    ) {
      return;
    }
    try {
      await applier.apply(wanted, options);
      const names = new Set(wanted.map(({ metadata }) => metadata?.name));
      for (const { metadata } of view.list('PodMonitor', {}, namespace)) {
        const { name = '' } = metadata ?? {};
        if (!names.has(name)) {
          await applier.delete(
            { kind: 'PodMonitor', namespace, name },
            options,
          );
        }
      }
      this.failures.delete(namespace);
    } catch (error) {
      options.signal.throwIfAborted();
      const message = `What Prometheus reads of ${namespace} is not as it should be: ${error}`;
      if (failure?.message !== message) logger.warn(message);
      this.failures.set(namespace, {
        message,
        retryAt: Date.now() + RETRY_MS,
      });
    }
  }
}
