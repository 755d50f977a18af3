/** The program that reads files of models failed, and not the store they lie in. */
export class ReaderFailedError extends Error {
  constructor(cause?: unknown) {
    super('The reader of model files ended unexpectedly', { cause });
    this.name = 'ReaderFailedError';
  }
}
