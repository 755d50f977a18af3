import { isError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';

/** What keeps lines of a log away, as a line among them. @public */
export function logWarning(
  runner: string,
  what: string,
  error: unknown,
): LogLine {
  return {
    at: new Date().toISOString(),
    level: 'warn',
    message: `${what}: ${isError(error) ? error.message : error}`,
    runner,
  };
}
