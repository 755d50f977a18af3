import { FieldError } from './RequestError';

/** The endpoint code answered something else than the signature says: its developer's fault. */
export class ModelOutputError extends Error {
  constructor(readonly fields: FieldError[]) {
    const [{ path, message }] = fields;
    super(`the answer does not fit the signature: ${path} ${message}`);
    this.name = 'ModelOutputError';
  }
}
