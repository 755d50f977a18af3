/** A file that is read in places, wherever it lies. */
export interface ByteSource {
  sizeBytes: number;
  /** Bytes from a place on; fewer than asked for only where the file ends. */
  read(position: number, length: number): Promise<Uint8Array>;
}
