import { CustomErrorBase } from '@backstage/errors';

/** No room is left for files of models. */
export class StorageFullError extends CustomErrorBase {
  name = 'StorageFullError' as const;
  readonly statusCode = 507;
}
