import { LoggerService } from '@backstage/backend-plugin-api';
import { KubernetesObject } from '@kubernetes/client-node';
import { WriteOptions } from '@model-platform/plugin-model-platform-node';
import { Applier } from './Applier';
import { ClusterView } from './ClusterView';

/**
 * Tells the Prometheus operator what to read, where there is one. Figures are
 * no reason to leave anything else undone: what cannot be written is said in
 * the log, and tried again with the next look at a deployment.
 */
export class PodMonitors {
  /** What was said of each namespace last, which is said once. */
  private readonly said = new Map<string, string>();

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
    if (!view.watches('PodMonitor')) return;
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
      this.said.delete(namespace);
    } catch (error) {
      options.signal.throwIfAborted();
      const message = `What Prometheus reads of ${namespace} is not as it should be: ${error}`;
      if (this.said.get(namespace) !== message) logger.warn(message);
      this.said.set(namespace, message);
    }
  }
}
