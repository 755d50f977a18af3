import { Approval } from '@model-platform/plugin-model-platform-common';
import { HistoryDraft } from '../ModelStore';

/** Keeps approvals; adds, and changes nothing. */
export interface ApprovalStore {
  /** Oldest first. */
  list(modelId: string, version: number): Promise<Approval[]>;
  /**
   * Of a version that is ready; `ConflictError` where it is not any more. What
   * the same person gave for the same groups already is the answer, and adds
   * nothing.
   */
  add(
    modelId: string,
    approval: Omit<Approval, 'id' | 'at'>,
    history: HistoryDraft,
  ): Promise<{ approval: Approval; added: boolean }>;
}
