import { ModelEvent } from '@model-platform/plugin-model-platform-common';
import { ModelStore } from './ModelStore';

/** Told after each commit. */
export type ModelListener = (event: ModelEvent) => void;

/** Those who want to know what changed. */
export class ModelListeners {
  private readonly listeners = new Set<ModelListener>();

  constructor(
    private readonly options: {
      store: ModelStore;
      /** Told when a listener fails, which must not fail what it listens to. */
      onError?: (error: unknown) => void;
    },
  ) {}

  /** @returns how to end it. */
  add(listener: ModelListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async announce(
    modelId: string,
    action: ModelEvent['action'],
    version?: number,
  ): Promise<void> {
    const record = await this.options.store.findById(modelId);
    if (!record) return;
    for (const listener of this.listeners) {
      try {
        listener({ modelId, slug: record.model.slug, action, version });
      } catch (error) {
        this.options.onError?.(error);
      }
    }
  }
}
