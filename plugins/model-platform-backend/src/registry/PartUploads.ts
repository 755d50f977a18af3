import { Readable } from 'node:stream';
import { InputError, NotFoundError } from '@backstage/errors';
import { PartsStatus } from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  DirectRequest,
  PartedBlob,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { Caller } from '../access/Caller';
import { announcedFile } from './announcedFile';
import { countParts, partSizeAt } from './artifacts/blobNames';
import { partSizeOf } from './artifacts/partSizeOf';
import { DraftLife } from './DraftLife';
import { ModelAccess } from './ModelAccess';
import { VersionStore } from './VersionStore';

/**
 * Large files of drafts, part by part. Which parts have arrived is what the
 * store has, so that an upload goes on whoever was killed meanwhile.
 */
export class PartUploads {
  /** One assembly of a file at a time in this portal; who asks again waits for the same one. */
  private readonly assembling = new Map<string, Promise<void>>();

  constructor(
    private readonly options: {
      versions: VersionStore;
      artifacts: ArtifactStore;
      access: ModelAccess;
      life: DraftLife;
    },
  ) {}

  /** What is still to be sent of a file. */
  async status(
    caller: Caller,
    ref: string,
    number: number,
    digest: string,
  ): Promise<PartsStatus> {
    const blob = await this.partedBlob(caller, ref, number, digest);
    const stored = await this.options.artifacts.listParts(blob);
    const missing: number[] = [];
    const count = countParts(blob);
    for (let part = 1; part <= count; part += 1) {
      const sizeBytes = partSizeAt(blob, part);
      if (
        !stored.some(one => one.number === part && one.sizeBytes === sizeBytes)
      )
        missing.push(part);
    }
    const { sizeBytes, partSizeBytes } = blob;
    const direct = this.options.artifacts.direct ? true : undefined;
    return { digest, sizeBytes, partSizeBytes, count, missing, direct };
  }

  /** Takes one part. Throws `InputError` where it is none of the file's, or not what its digest says. */
  async upload(
    caller: Caller,
    ref: string,
    number: number,
    digest: string,
    part: { number: number; digest: Sha256; sizeBytes?: number },
    source: Readable,
  ): Promise<void> {
    const blob = await this.partedBlob(caller, ref, number, digest);
    const sizeBytes = sizeOf(blob, part.number);
    if (part.sizeBytes !== undefined && part.sizeBytes !== sizeBytes) {
      throw new InputError(
        `Part ${part.number} of ${digest} must have ${sizeBytes} bytes, but ${part.sizeBytes} are being sent`,
      );
    }
    await this.options.artifacts.writePart(
      blob,
      { number: part.number, digest: part.digest, sizeBytes },
      source,
    );
  }

  /**
   * The request that sends one part to the store itself. Throws
   * `NotFoundError` where all parts come by way of the platform.
   */
  async directly(
    caller: Caller,
    ref: string,
    number: number,
    digest: string,
    part: { number: number; digest: Sha256 },
  ): Promise<DirectRequest> {
    const blob = await this.partedBlob(caller, ref, number, digest);
    const { direct } = this.options.artifacts;
    if (!direct) throw notDirect();
    return await direct.sendPart(blob, {
      ...part,
      sizeBytes: sizeOf(blob, part.number),
    });
  }

  /**
   * Makes the file of its parts; may be repeated. Throws `ConflictError` where
   * parts are missing, `InputError` where they make up another file; those
   * have to be sent again.
   */
  async assemble(
    caller: Caller,
    ref: string,
    number: number,
    digest: string,
  ): Promise<void> {
    const { access, versions } = this.options;
    const record = await access.draftFor(caller, ref, number);
    const isDone = async () =>
      (await versions.ownDigests(record)).has(digest) &&
      (await this.isStored(digest, record.system));
    if (await isDone()) return;
    const blob = await this.partedBlob(caller, ref, number, digest);
    const key = `${blob.owner} ${digest}`;
    let running = this.assembling.get(key);
    if (!running) {
      running = this.assembleNow(blob).finally(() =>
        this.assembling.delete(key),
      );
      this.assembling.set(key, running);
    }
    try {
      await running;
    } catch (error) {
      // Another portal may have been faster, and have removed the parts.
      if (!(await isDone())) throw error;
    }
  }

  private async assembleNow(blob: PartedBlob): Promise<void> {
    const { versions, artifacts, life } = this.options;
    const { scope, owner, digest } = blob;
    await artifacts.assemble(blob);
    await versions.noteUpload(owner, digest, life.expiry());
    // Only now: whoever is killed before finds the file or its parts.
    await artifacts.removeParts(scope, owner, digest);
  }

  private async isStored(digest: string, system: string): Promise<boolean> {
    return await this.options.artifacts.has(digest as Sha256, system);
  }

  /** Who comes for a file keeps its draft alive. */
  private async partedBlob(
    caller: Caller,
    ref: string,
    number: number,
    digest: string,
  ): Promise<PartedBlob> {
    const { access, life } = this.options;
    const record = await access.draftFor(caller, ref, number);
    const { sizeBytes } = announcedFile(record, digest);
    await life.extend(record);
    return {
      scope: record.system,
      owner: record.version.id,
      digest: digest as Sha256,
      sizeBytes,
      partSizeBytes: partSizeOf(sizeBytes),
    };
  }
}

/** Throws `InputError` where the file has no such part. */
function sizeOf(blob: PartedBlob, part: number): number {
  const count = countParts(blob);
  if (part < 1 || part > count) {
    throw new InputError(
      `${blob.digest} has the parts 1 to ${count}, but no ${part}`,
    );
  }
  return partSizeAt(blob, part);
}

/** The client sends and fetches by way of the platform then. */
export function notDirect(): NotFoundError {
  return new NotFoundError(
    'This platform hands out no addresses of its store (modelPlatform.artifacts.direct); send and fetch files by way of the platform',
  );
}
