import {
  FieldProblem,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { problem } from '../spec/problem';

/** What the registry knows of a version that gates ask for. */
export interface VersionEvidence {
  /** What its metadata falls short of, by the schema in force today. */
  metadataProblems(
    model: Model,
    version: ModelVersion,
  ): Promise<FieldProblem[]>;
}

/** Where nobody looks at versions, nothing is known to be complete. */
export const noEvidence: VersionEvidence = {
  async metadataProblems() {
    return [problem('metadata', 'cannot be looked at here')];
  },
};
