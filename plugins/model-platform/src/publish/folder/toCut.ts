import { ResponseError } from '@backstage/errors';
import { Cut } from '@model-platform/plugin-model-platform-common';

const RETRIED_STATUS = [429, 502, 503, 504];

/** Failures that another try may be spared: no connection, or a portal that asks to come back. */
export function toCut(error: unknown): Cut | undefined {
  if (ResponseError.is(error)) {
    if (!RETRIED_STATUS.includes(error.statusCode)) return undefined;
    const seconds = Number(error.response?.headers?.get('retry-after'));
    return {
      error,
      retryAfterMs: seconds > 0 ? Math.min(seconds, 60) * 1000 : undefined,
    };
  }
  // What `fetch` throws where there is no answer.
  return error instanceof TypeError ? { error } : undefined;
}
