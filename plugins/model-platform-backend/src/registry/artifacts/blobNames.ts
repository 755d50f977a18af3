import { ConflictError, InputError } from '@backstage/errors';
import {
  blobFolder,
  BlobPart,
  hexOf,
  PartedBlob,
  Sha256,
} from '@model-platform/plugin-model-platform-node';

/** The system that a folder is of. */
export function scopeOf(folder: string): string {
  return decodeURIComponent(folder);
}

/** The blob that lies under a name, undefined where it is none's. */
export function parseBlobName(
  name: string,
): { digest: Sha256; scope: string } | undefined {
  const [, folder, hex] =
    /^([^/.]+)\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(name) ?? [];
  return hex ? { digest: `sha256:${hex}`, scope: scopeOf(folder) } : undefined;
}

/** Where parts lie; no system's folder begins with a dot. */
export const PARTS = '.parts';

/** Where files lie before their digest is known. */
export const UPLOADS = '.uploads';

/** With what the folders of an owner's parts begin, or those of one of its blobs. */
export function ownerStart(
  scope: string,
  owner: string,
  digest?: Sha256,
): string {
  if (!/^[\w-]+$/.test(owner)) {
    throw new InputError(`'${owner}' is no owner of parts`);
  }
  const blob = digest ? `${hexOf(digest)}.` : '';
  return `${PARTS}/${blobFolder(scope)}/${owner}.${blob}`;
}

/** Folder of a blob's parts; those of another size are not among them. */
export function partsFolder(blob: PartedBlob): string {
  return `${ownerStart(blob.scope, blob.owner, blob.digest)}${
    blob.partSizeBytes
  }`;
}

/** Whose parts are in such a folder. */
export function ownerOf(folder: string): string {
  const [name] = folder.split('/').slice(-1);
  return name.slice(0, name.indexOf('.'));
}

/** Says all of a part in its name, so that nothing else need be kept, and no part changes under it. */
export function partName(part: BlobPart): string {
  return `${part.number}.${part.sizeBytes}.${hexOf(part.digest)}`;
}

/** The part that a name says, undefined where it says none, or one of another size than is there. */
export function parsePartName(
  name: string,
  sizeBytes?: number,
): BlobPart | undefined {
  const [, number, size, hex] =
    /^(\d+)\.(\d+)\.([0-9a-f]{64})$/.exec(name) ?? [];
  if (!hex || (sizeBytes ?? Number(size)) !== Number(size)) return undefined;
  return {
    number: Number(number),
    sizeBytes: Number(size),
    digest: `sha256:${hex}`,
  };
}

/** How many parts a file of this size has; an empty one has one, which is empty. */
export function countParts(
  blob: Pick<PartedBlob, 'sizeBytes' | 'partSizeBytes'>,
): number {
  return Math.max(1, Math.ceil(blob.sizeBytes / blob.partSizeBytes));
}

/** Size of one of the parts. */
export function partSizeAt(
  blob: Pick<PartedBlob, 'sizeBytes' | 'partSizeBytes'>,
  number: number,
): number {
  return number === countParts(blob)
    ? blob.sizeBytes - (number - 1) * blob.partSizeBytes
    : blob.partSizeBytes;
}

/** One part for each number, in order. Throws `ConflictError` where some are missing. */
export function wholeOf<T extends BlobPart>(blob: PartedBlob, parts: T[]): T[] {
  const byNumber = new Map(parts.map(part => [part.number, part]));
  const whole: T[] = [];
  for (let number = 1; number <= countParts(blob); number += 1) {
    const part = byNumber.get(number);
    if (part?.sizeBytes !== partSizeAt(blob, number)) {
      throw new ConflictError(
        `Part ${number} of ${countParts(blob)} of ${
          blob.digest
        } is missing; ask which parts are, and send them`,
      );
    }
    whole.push(part);
  }
  return whole;
}

/** Whether an object of the store, by its name, is one that the platform wrote. */
export function isOwnName(name: string): boolean {
  return (
    parseBlobName(name) !== undefined ||
    name.startsWith(`${PARTS}/`) ||
    name.startsWith(`${UPLOADS}/`)
  );
}
