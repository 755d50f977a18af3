import { AsyncLocalStorage } from 'node:async_hooks';

type Fail = (error: unknown) => void;

/** The run that a timer or a promise of a script belongs to. */
const runs = new AsyncLocalStorage<Fail>();

/**
 * What fails in a timer or a promise has no caller that would catch it, and
 * would end the process with everybody's calls: it goes to the run that has
 * begun it.
 */
export async function withScriptFailures<T>(
  fail: Fail,
  work: () => Promise<T>,
): Promise<T> {
  return await runs.run(fail, work);
}

/** For timers of a run: `setTimeout` whose work fails the run at most. */
export function failingSetTimeout(fail: Fail) {
  return (
    work: (...args: unknown[]) => void,
    delay?: number,
    ...args: unknown[]
  ) =>
    setTimeout(() => {
      try {
        work(...args);
      } catch (error) {
        fail(error);
      }
    }, delay);
}

/** From now on rejected promises of scripts fail their runs; all others are what they were. */
export function takeScriptRejections(): void {
  process.on('unhandledRejection', reason => {
    const fail = runs.getStore();
    if (!fail) throw reason;
    fail(reason);
  });
}
