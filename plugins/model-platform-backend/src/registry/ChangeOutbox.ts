import { HistoryEntry } from '@model-platform/plugin-model-platform-common';

/** Something that happened to a model. */
export interface Change extends HistoryEntry {
  modelId: string;
}

/**
 * Changes that others have to hear of. Each is written with what it tells of,
 * so none is lost, whenever a process dies; it may be handed on twice.
 */
export interface ChangeOutbox {
  /** Oldest first. */
  pending(limit: number): Promise<Change[]>;
  /** They were handed on. */
  done(changes: Change[]): Promise<void>;
}
