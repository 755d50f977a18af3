import { isError, ServiceUnavailableError } from '@backstage/errors';
import { StorageFullError } from './StorageFullError';

/** Faults of a disk rather than of what is asked of it. */
const UNUSABLE = [
  'EACCES',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENODEV',
  'EPERM',
  'EROFS',
  'ESTALE',
];

/** Says of a disk that is full, or cannot be used, what it means for who sent the file. */
export function toFileSystemError(error: unknown): unknown {
  const code = isError(error) ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StorageFullError(
      'The disk for files of models is full. Nothing of this file was kept; send it again once an administrator has made room',
      error,
    );
  }
  if (UNUSABLE.includes(code)) {
    return new ServiceUnavailableError(
      `The folder for files of models cannot be used (${code}). Nothing of this file was kept; send it again once an administrator has seen to it`,
      error,
    );
  }
  return error;
}
