import { isError, ServiceUnavailableError } from '@backstage/errors';
import { StorageFullError } from './StorageFullError';

const FULL = ['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull'];
const DENIED = [
  'AccessDenied',
  'CredentialsProviderError',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
];
const ELSEWHERE = ['PermanentRedirect', 'AuthorizationHeaderMalformed'];
const KEPT_NOTHING = 'Nothing of this file was kept; send it again';

/** Says of a failure of S3 what it means and what to do. */
export function toS3Error(error: unknown, bucket: string): Error {
  const name = isError(error) ? error.name : 'unknown';
  const status = statusOf(error);
  if (status === 507 || FULL.includes(name)) {
    return new StorageFullError(
      `The bucket ${bucket} is full. ${KEPT_NOTHING} once an administrator has made room`,
      error,
    );
  }
  if (name === 'NoSuchBucket') {
    return new ServiceUnavailableError(
      `The bucket ${bucket} is not there; an administrator has to make it, or correct modelPlatform.artifacts.bucket`,
      error,
    );
  }
  if (DENIED.includes(name) || status === 403) {
    return new ServiceUnavailableError(
      `S3 does not let the platform into the bucket ${bucket} (${name}); an administrator has to correct its credentials or their policy`,
      error,
    );
  }
  if (ELSEWHERE.includes(name)) {
    return new ServiceUnavailableError(
      `The bucket ${bucket} is in another region; an administrator has to correct modelPlatform.artifacts.region`,
      error,
    );
  }
  return new ServiceUnavailableError(
    `S3 cannot be reached, or failed, with the bucket ${bucket} (${
      isError(error) ? error.code ?? error.message : name
    }). ${KEPT_NOTHING} in a while`,
    error,
  );
}

/** Status of S3's answer. */
function statusOf(error: unknown): number | undefined {
  if (!isError(error)) return undefined;
  const metadata: unknown = error.$metadata;
  const status =
    typeof metadata === 'object' && metadata !== null
      ? Reflect.get(metadata, 'httpStatusCode')
      : undefined;
  return typeof status === 'number' ? status : undefined;
}
