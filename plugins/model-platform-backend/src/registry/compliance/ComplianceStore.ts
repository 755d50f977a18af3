import {
  FieldProblem,
  FileReading,
  MetadataSchemaRef,
} from '@model-platform/plugin-model-platform-common';

/** A model as far as its metadata is looked at. */
export interface ComplianceSubject {
  modelId: string;
  type: string;
  system: string;
  /** Its current version; 0 where none is ready. */
  version: number;
  metadata: Record<string, unknown>;
  /** What the files of that version say. */
  readings: FileReading[];
}

/** How a model stood to a schema when somebody looked. */
export interface ComplianceRecord {
  modelId: string;
  version: number;
  /** Of the rules in force then: schema and policy for pickles. */
  schemaDigest: string;
  schemas: MetadataSchemaRef[];
  problems: FieldProblem[];
  checkedAt: string;
}

/** What is known of how published models stand to today's schemas. */
export interface ComplianceStore {
  /** Types and systems that published models have. */
  places(): Promise<Array<{ type: string; system: string }>>;
  /** Models of a place that were not looked at by this schema, or not at their current version. */
  stale(
    place: { type: string; system: string },
    schemaDigest: string,
    limit: number,
  ): Promise<ComplianceSubject[]>;
  subjects(modelIds: string[]): Promise<ComplianceSubject[]>;
  /** Notes what was found; of models that changed meanwhile nothing, so that they stay stale. */
  save(records: ComplianceRecord[]): Promise<void>;
  find(modelIds: string[]): Promise<Map<string, ComplianceRecord>>;
}
