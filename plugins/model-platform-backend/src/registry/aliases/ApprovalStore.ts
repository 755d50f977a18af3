import {
  Approval,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { ModelFilter } from '../../access/ModelFilter';
import { Cursor } from '../cursor';
import { HistoryDraft } from '../ModelStore';

/** The newest version of a model, and what was decided on it so far. */
export interface UndecidedVersion {
  model: Model;
  version: Pick<
    ModelVersion,
    'number' | 'publisher' | 'responsible' | 'evaluation'
  >;
  readyAt: string;
  decisions: Approval[];
}

/** Keeps approvals and refusals; adds, and changes nothing. */
export interface ApprovalStore {
  /** Oldest first. */
  list(modelId: string, version: number): Promise<Approval[]>;
  /**
   * Of a version that is ready; `ConflictError` where it is not any more, or
   * where all of the groups decided otherwise. What the same person gave for
   * the same groups already is the answer, and adds nothing.
   */
  add(
    modelId: string,
    approval: Omit<Approval, 'id' | 'at'>,
    history: HistoryDraft,
  ): Promise<{ approval: Approval; added: boolean }>;
  /** Newest versions that at least one of the groups has not decided on; in the order in which they became ready. */
  undecided(query: {
    visible: ModelFilter;
    /** All where absent. */
    systems?: string[];
    groups: string[];
    limit: number;
    after?: Cursor;
  }): Promise<UndecidedVersion[]>;
}
