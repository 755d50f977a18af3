const MIB = 1024 * 1024;
const LEAST_BYTES = 8 * MIB;
/** S3 takes no more in one object. */
const MOST_PARTS = 10_000;

/** Size of the parts of a file: the same for everybody who asks, so that an upload goes on anywhere. */
export function partSizeOf(sizeBytes: number): number {
  return Math.max(LEAST_BYTES, Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB);
}
