import { VersionFile, VersionStatus } from './Model';

/** One value that differs; absent on the side that has none. @public */
export interface ValueChange {
  /** Dotted path, e.g. `data.period`; of a signature `inputs.petal_length.unit`. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** A file of one path that differs; absent on the side that has none. @public */
export interface FileChange {
  path: string;
  change: 'added' | 'removed' | 'changed';
  before?: Pick<VersionFile, 'digest' | 'sizeBytes'>;
  after?: Pick<VersionFile, 'digest' | 'sizeBytes'>;
}

/** An evaluation metric that differs. @public */
export interface EvaluationChange {
  name: string;
  before?: number;
  after?: number;
  /** `after` minus `before`, where both are there. */
  difference?: number;
}

/** Which version stands on one side of a comparison. @public */
export interface ComparedVersion {
  number: number;
  status: VersionStatus;
  publisher: string;
  readyAt?: string;
  aliases: string[];
}

/** Only what differs between two versions of a model. @public */
export interface VersionComparison {
  model: string;
  before: ComparedVersion;
  after: ComparedVersion;
  /** True where spec and files are the same. */
  identical: boolean;
  metadata: ValueChange[];
  signature: ValueChange[];
  files: FileChange[];
  evaluation: EvaluationChange[];
  resources: ValueChange[];
  /** How it is loaded: flavor, runtime, endpoint code, example, the metrics that its code counts. */
  serving: ValueChange[];
  provenance: ValueChange[];
}
