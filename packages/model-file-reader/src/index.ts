export type { ByteSource } from './ByteSource';
export { openFile } from './openFile';
export type {
  BytesGiven,
  BytesWanted,
  ReadAnswer,
  ReadFormat,
  ReadRequest,
} from './protocol';
export { readFile } from './readFile';
