import { FileReading } from '@model-platform/plugin-model-platform-common';

/** How a file is read; `maybePickle` finds a pickle, or nothing, whatever the file is. */
export type ReadFormat = FileReading['format'] | 'maybePickle';

/**
 * What the program and the process that starts it say to each other, over
 * Node's channel between processes. The program is given one file to read; it
 * asks for the bytes it wants, place by place, so it needs neither the store
 * nor a file system.
 */
export interface ReadRequest {
  format: ReadFormat;
  sizeBytes: number;
}

/** From the program: bytes that it wants. */
export interface BytesWanted {
  wanted: { position: number; length: number };
}

/** From the program, the last that it says. */
export type ReadAnswer =
  | { reading: Omit<FileReading, 'path' | 'format'> }
  | { problem: string };

/** To the program: the bytes that it asked for last. */
export interface BytesGiven {
  bytes: Uint8Array;
}
