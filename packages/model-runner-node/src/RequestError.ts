/** One field of a request that does not fit the signature. */
export interface FieldError {
  path: string;
  message: string;
}

/**
 * A request that gets no answer, for a reason that the caller is told, with
 * what to do: its own fault (4xx), or that of what the model works with.
 */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields?: FieldError[],
    readonly headers?: Record<string, string>,
  ) {
    super(message);
    this.name = 'RequestError';
  }
}
