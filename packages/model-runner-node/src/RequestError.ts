/** One field of a request that does not fit the signature. */
export interface FieldError {
  path: string;
  message: string;
}

/** A request that is refused: the caller's fault, with what to change. */
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
