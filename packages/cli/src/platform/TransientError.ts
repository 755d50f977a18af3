import { CliError } from '../errors/CliError';

/** A failure to try again after: what was sent never arrived whole, or the platform asked to come back later. */
export class TransientError extends CliError {
  readonly retryAfterMs?: number;

  constructor(
    message: string,
    options: {
      retryAfterMs?: number;
      cause?: unknown;
      details?: string[];
    } = {},
  ) {
    super('Unreachable', message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}
