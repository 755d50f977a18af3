import { Readable } from 'node:stream';
import { FetchOrder } from '@model-platform/model-wire';

/** The longest pause within an answer. */
export const SILENCE_MS = 60_000;

/** One of an order's files. */
export type OrderedFile = FetchOrder['files'][number];

/** Where the files of a version come from. */
export interface FileSource {
  /**
   * The bytes of a file, as they arrive.
   *
   * @throws FinalError where asking again is of no use
   */
  open(file: OrderedFile): Promise<Readable>;
}
