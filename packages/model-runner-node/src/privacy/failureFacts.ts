import { cleanFacts } from './cleanFacts';

/** What failures tell, written down while their request was still in hand. */
const kept = new WeakMap<object, Record<string, unknown>>();

function factsOf(error: unknown): Record<string, unknown> {
  try {
    return cleanFacts({
      error: error instanceof Error ? error.name : typeof error,
      stack: error instanceof Error ? error : String(error),
    });
  } catch {
    // Such as members that throw by themselves. Its class is all that is sure to be no value.
    return {
      error: error instanceof Error ? 'Error' : typeof error,
      stack: 'what was thrown cannot be told',
    };
  }
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
