import { Refused } from './RegistryClient';

/** An answer that says in a sentence that something is out of reach at the moment, and what. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Refused) || error.status !== 503) return false;
  const { message } = JSON.parse(error.body).error;
  return /database|S3|catalog/.test(message);
}
