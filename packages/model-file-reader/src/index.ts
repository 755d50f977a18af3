export type { ByteSource } from './ByteSource';
export { openFile } from './openFile';
export type {
  BytesGiven,
  BytesWanted,
  ReadAnswer,
  ReadRequest,
} from './protocol';
export { readFile } from './readFile';
