import { ConflictError } from '@backstage/errors';
import {
  FieldProblem,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { ModelProblemsError } from './ModelProblemsError';
import { VersionRecord, VersionStore } from './VersionStore';

/** Which files of a draft are there. */
export class DraftFiles {
  constructor(
    private readonly options: {
      versions: VersionStore;
      artifacts: ArtifactStore;
    },
  ) {}

  /** With the digests that are still to be sent. */
  async withMissing(record: VersionRecord): Promise<ModelVersion> {
    const missing: string[] = [];
    const own = await this.options.versions.ownDigests(record);
    for (const digest of new Set(
      record.version.files.map(file => file.digest),
    )) {
      if (
        !own.has(digest) ||
        !(await this.options.artifacts.has(digest as Sha256, record.system))
      ) {
        missing.push(digest);
      }
    }
    return { ...record.version, missing };
  }

  /** Throws `ConflictError` that names what is missing, `ModelProblemsError` for sizes that differ. */
  async requireAll(record: VersionRecord): Promise<void> {
    const missing: string[] = [];
    const problems: FieldProblem[] = [];
    const own = await this.options.versions.ownDigests(record);
    for (const [index, file] of record.version.files.entries()) {
      const blob = own.has(file.digest)
        ? await this.options.artifacts.stat(
            file.digest as Sha256,
            record.system,
          )
        : undefined;
      if (!blob) {
        missing.push(file.path);
      } else if (blob.sizeBytes !== file.sizeBytes) {
        problems.push({
          field: `files[${index}].sizeBytes`,
          rule: `the file with this digest has ${blob.sizeBytes} bytes`,
          given: file.sizeBytes,
          example: blob.sizeBytes,
          source: 'platform',
        });
      }
    }
    if (problems.length > 0) {
      throw new ModelProblemsError(record.fields.name, problems);
    }
    if (missing.length > 0) {
      throw new ConflictError(
        `The draft lacks ${missing.length} of ${
          record.version.files.length
        } files: ${missing.slice(0, 10).join(', ')}${
          missing.length > 10 ? ', …' : ''
        }; upload them and complete again`,
      );
    }
  }
}
