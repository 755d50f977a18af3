/** A declaration read from Git, and what became of it. */
export interface SourceRecord {
  entityRef: string;
  location: string;
  /** Where it stood when it was applied last; absent where it never was. */
  appliedFrom?: string;
  name: string;
  digest?: string;
  state: 'applied' | 'refused' | 'orphaned';
  message?: string;
  updatedAt: string;
}

/** Keeps what was read from Git. */
export interface SourceStore {
  list(): Promise<SourceRecord[]>;
  save(source: SourceRecord): Promise<void>;
  drop(entityRef: string): Promise<void>;
}
