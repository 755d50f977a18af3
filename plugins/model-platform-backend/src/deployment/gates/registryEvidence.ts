import { MetadataCompliance } from '../../registry/compliance/MetadataCompliance';
import { VersionEvidence } from './VersionEvidence';

/** The registry, as far as gates ask it. */
export function registryEvidence(
  compliance: MetadataCompliance,
): VersionEvidence {
  return {
    metadataProblems: (model, version) =>
      compliance.metadataProblems(model, version),
  };
}
