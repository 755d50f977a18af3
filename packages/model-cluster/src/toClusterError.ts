import { ApiException } from '@kubernetes/client-node';
import {
  ForwardedError,
  InputError,
  isError,
  ServiceUnavailableError,
} from '@backstage/errors';

/** What the API server says of a failure. */
interface Status {
  message?: string;
  reason?: string;
  details?: { retryAfterSeconds?: number };
}

/** HTTP status of an answer; undefined where there was none. */
export function statusCodeOf(error: unknown): number | undefined {
  if (error instanceof ApiException) return error.code;
  return isError(error) && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

export function statusOf(error: unknown): Status {
  if (!(error instanceof ApiException)) return {};
  const { body } = error;
  if (typeof body !== 'string') return Object(body);
  try {
    return Object(JSON.parse(body));
  } catch {
    return { message: body.slice(0, 500) };
  }
}

/** Why the cluster did not do something, for who deploys and for who runs the platform. */
export function toClusterError(error: unknown, doing: string): Error {
  const code = statusCodeOf(error);
  const { message } = statusOf(error);
  if (code === undefined) {
    return new ServiceUnavailableError(
      `The API server of the cluster cannot be reached to ${doing}: ${reasonOf(
        error,
      )}`,
    );
  }
  if (code === 401) {
    return new ServiceUnavailableError(
      `The cluster does not know the platform, which wanted to ${doing}: its token is not valid there`,
    );
  }
  if (code === 403) {
    // Rights and rules for what is made have the same status.
    return new ServiceUnavailableError(
      `The cluster does not let the platform ${doing}: ${
        message ?? 'forbidden'
      }`,
    );
  }
  if (code === 400 || code === 422) {
    return new InputError(
      `The cluster refuses to ${doing}: ${message ?? `status ${code}`}`,
    );
  }
  if (code === 429 || code >= 500) {
    return new ServiceUnavailableError(
      `The API server of the cluster is not able to ${doing} now (${code}): ${
        message ?? 'it says no more'
      }`,
    );
  }
  return new ForwardedError(
    `The cluster answered ${code} to ${doing}${message ? `: ${message}` : ''}`,
    error,
  );
}

/** `fetch` has it behind one or two others. */
function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error);
  const { cause } = error;
  if (isError(cause)) return reasonOf(cause);
  return typeof error.code === 'string' && !error.message.includes(error.code)
    ? `${error.message} (${error.code})`
    : error.message;
}
