import {
  Model,
  ModelEvent,
} from '@model-platform/plugin-model-platform-common';
import { published } from './ModelAccess';
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

  /** `model`: its id, or what it was, where it is there no more; nothing is told of what is not published. */
  async announce(
    model: string | Pick<Model, 'id' | 'slug'>,
    action: ModelEvent['action'],
    version?: number,
    alias?: string,
  ): Promise<void> {
    const found =
      typeof model === 'string'
        ? published(await this.options.store.findById(model))?.model
        : model;
    if (!found) return;
    const { id: modelId, slug } = found;
    for (const listener of this.listeners) {
      try {
        listener({ modelId, slug, action, version, alias });
      } catch (error) {
        this.options.onError?.(error);
      }
    }
  }
}
