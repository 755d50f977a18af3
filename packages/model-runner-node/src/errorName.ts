import { ModelOutputError } from './ModelOutputError';
import { RequestError } from './RequestError';

const NAMES: Record<number, string> = {
  400: 'InputError',
  401: 'AuthenticationError',
  404: 'NotFoundError',
  405: 'MethodNotAllowedError',
  413: 'PayloadTooLargeError',
  415: 'UnsupportedMediaTypeError',
  429: 'TooManyRequestsError',
  502: 'BadGatewayError',
  503: 'ServiceUnavailableError',
  504: 'GatewayTimeoutError',
};

/** As answers name an error by its status. */
export const errorName = (status: number) => NAMES[status] ?? 'Error';

/** The class that an error is counted under; there are few. */
export function errorClass(error: unknown): string {
  if (error instanceof RequestError) return errorName(error.status);
  return error instanceof ModelOutputError ? 'ModelOutputError' : 'ModelError';
}
