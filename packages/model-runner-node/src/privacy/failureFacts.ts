import { cleanFacts } from './cleanFacts';

/** What failures tell, written down while their request was still in hand. */
const kept = new WeakMap<object, Record<string, unknown>>();

function factsOf(error: unknown): Record<string, unknown> {
  return cleanFacts({
    error: error instanceof Error ? error.name : typeof error,
    stack: error instanceof Error ? error : String(error),
  });
}

/** To be called while the request is in hand. Answers what is to be thrown: an object, whatever it was. */
export function keepFailure(error: unknown): object {
  const thrown =
    typeof error === 'object' && error !== null
      ? error
      : new Error('what was thrown is no error', { cause: error });
  kept.set(thrown, factsOf(error));
  return thrown;
}

/** For the log: name and trace, without values of the request. */
export function failureFacts(error: unknown): Record<string, unknown> {
  return (
    (typeof error === 'object' && error !== null && kept.get(error)) ||
    factsOf(error)
  );
}
