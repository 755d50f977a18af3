import { CustomErrorBase } from '@backstage/errors';

/** More was sent than is taken. */
export class PayloadTooLargeError extends CustomErrorBase {
  name = 'PayloadTooLargeError' as const;
  readonly statusCode = 413;
}
