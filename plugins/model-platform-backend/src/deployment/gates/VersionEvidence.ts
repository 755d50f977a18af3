import {
  FieldProblem,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';

/** What the registry knows of a version that gates ask for. */
export interface VersionEvidence {
  /** What its metadata falls short of, by the schema in force today. */
  metadataProblems(
    model: Model,
    version: ModelVersion,
  ): Promise<FieldProblem[]>;
}
