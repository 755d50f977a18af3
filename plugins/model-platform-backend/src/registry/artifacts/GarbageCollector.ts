import {
  ArtifactStore,
  ListedBlob,
  UnfinishedUpload,
} from '@model-platform/plugin-model-platform-node';
import { BlobReferences } from './BlobReferences';
import { removeUnusedBlob } from './removeUnusedBlob';

/** Whatever is younger may be of an upload that goes on. */
const GRACE_MS = 86_400_000;
/** As many as are asked for in one statement. */
const CHUNK = 100;

/** How many, and how large together. */
export interface Amount {
  count: number;
  bytes: number;
}

/** What was removed, or would be. */
export interface GarbageReport {
  /** Blobs that no version and no draft has. */
  blobs: Amount;
  /** Uploads that were cut off, and that nobody can go on with. */
  uploads: Amount;
  /** Blobs that are in use, or too young to tell. */
  kept: Amount;
}

/**
 * Removes from the store what nothing refers to. Runs beside uploads: a blob
 * goes only while nobody can announce a file of its system, and never on the
 * day that it came.
 */
export class GarbageCollector {
  constructor(
    private readonly options: {
      artifacts: ArtifactStore;
      references: BlobReferences;
      now?: () => Date;
    },
  ) {}

  /** With `dryRun` nothing is removed; the report is the same. */
  async collect(options: {
    dryRun: boolean;
    signal?: AbortSignal;
  }): Promise<GarbageReport> {
    const report: GarbageReport = {
      blobs: none(),
      uploads: await this.collectUploads(options),
      kept: none(),
    };
    if (!options.dryRun)
      await this.options.references.endHolds(
        new Date(this.now().getTime() - GRACE_MS),
      );
    const blobs = this.options.artifacts.list();
    for await (const chunk of chunksOf(blobs, CHUNK)) {
      if (options.signal?.aborted) break;
      await this.collectBlobs(chunk, options.dryRun, report);
    }
    return report;
  }

  /** Uploads that were cut off. */
  async collectUploads(options: {
    dryRun: boolean;
    signal?: AbortSignal;
  }): Promise<Amount> {
    const removed = none();
    const uploads = this.options.artifacts.unfinishedUploads();
    for await (const chunk of chunksOf(uploads, CHUNK)) {
      if (options.signal?.aborted) break;
      const drafts = await this.options.references.drafts(
        chunk.flatMap(({ owner }) => owner ?? []),
      );
      for (const upload of chunk) {
        if (this.mayGoOn(upload, drafts)) continue;
        if (!options.dryRun) await upload.remove();
        add(removed, upload);
      }
    }
    return removed;
  }

  private async collectBlobs(
    blobs: ListedBlob[],
    dryRun: boolean,
    report: GarbageReport,
  ): Promise<void> {
    const { references } = this.options;
    for (const [system, ofSystem] of bySystem(blobs)) {
      const unused = await references.unused(
        system,
        ofSystem.map(({ digest }) => digest),
      );
      for (const blob of ofSystem) {
        const removed =
          unused.has(blob.digest) &&
          this.isOld(blob.storedAt) &&
          (dryRun ||
            (await removeUnusedBlob(this.options, system, blob.digest)));
        add(removed ? report.blobs : report.kept, blob);
      }
    }
  }

  private mayGoOn(upload: UnfinishedUpload, drafts: Set<string>): boolean {
    return upload.owner === undefined
      ? !this.isOld(upload.touchedAt)
      : drafts.has(upload.owner);
  }

  private isOld(time: Date): boolean {
    return this.now().getTime() - time.getTime() >= GRACE_MS;
  }

  private now(): Date {
    return this.options.now?.() ?? new Date();
  }
}

function none(): Amount {
  return { count: 0, bytes: 0 };
}

function add(amount: Amount, { sizeBytes }: { sizeBytes: number }): void {
  amount.count += 1;
  amount.bytes += sizeBytes;
}

function bySystem(blobs: ListedBlob[]): Map<string, ListedBlob[]> {
  const systems = new Map<string, ListedBlob[]>();
  for (const blob of blobs) {
    const ofSystem = systems.get(blob.scope);
    if (ofSystem) ofSystem.push(blob);
    else systems.set(blob.scope, [blob]);
  }
  return systems;
}

async function* chunksOf<T>(
  items: AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
