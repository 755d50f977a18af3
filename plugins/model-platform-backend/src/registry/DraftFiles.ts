import { ConflictError } from '@backstage/errors';
import {
  FieldProblem,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import pLimit from 'p-limit';
import { ModelProblemsError } from './ModelProblemsError';
import { VersionRecord, VersionStore } from './VersionStore';

/** Questions to the store at once; each takes a while where it is far away. */
const AT_ONCE = 16;

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
    const stored = await this.storedSizes(record);
    const missing = digestsOf(record).filter(digest => !stored.has(digest));
    return { ...record.version, missing };
  }

  /** Throws `ConflictError` that names what is missing, `ModelProblemsError` for sizes that differ. */
  async requireAll(record: VersionRecord): Promise<void> {
    const missing: string[] = [];
    const problems: FieldProblem[] = [];
    const stored = await this.storedSizes(record);
    for (const [index, file] of record.version.files.entries()) {
      const sizeBytes = stored.get(file.digest);
      if (sizeBytes === undefined) {
        missing.push(file.path);
      } else if (sizeBytes !== file.sizeBytes) {
        problems.push({
          field: `files[${index}].sizeBytes`,
          rule: `the file with this digest has ${sizeBytes} bytes`,
          given: file.sizeBytes,
          example: sizeBytes,
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

  /** Of the files that the draft itself brought, by digest. */
  private async storedSizes(
    record: VersionRecord,
  ): Promise<Map<string, number>> {
    const { artifacts, versions } = this.options;
    const own = await versions.ownDigests(record);
    const limit = pLimit(AT_ONCE);
    const blobs = await Promise.all(
      digestsOf(record)
        .filter(digest => own.has(digest))
        .map(digest =>
          limit(() => artifacts.stat(digest as Sha256, record.system)),
        ),
    );
    return new Map(
      blobs.flatMap(blob => (blob ? [[blob.digest, blob.sizeBytes]] : [])),
    );
  }
}

function digestsOf({ version }: VersionRecord): string[] {
  return [...new Set(version.files.map(file => file.digest))];
}
