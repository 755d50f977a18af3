import { useCallback, useState } from 'react';

/** @public */
export interface Action<A extends unknown[]> {
  /** Resolves to whether it worked. */
  run: (...args: A) => Promise<boolean>;
  isRunning: boolean;
  error?: Error;
  reset: () => void;
}

/** Something a person starts: whether it runs, and how it failed. @public */
export function useAction<A extends unknown[]>(
  work: (...args: A) => Promise<void>,
): Action<A> {
  const [state, setState] = useState<{ isRunning: boolean; error?: Error }>({
    isRunning: false,
  });
  return {
    ...state,
    reset: useCallback(() => setState({ isRunning: false }), []),
    async run(...args) {
      setState({ isRunning: true });
      try {
        await work(...args);
        setState({ isRunning: false });
        return true;
      } catch (error) {
        setState({
          isRunning: false,
          error: error instanceof Error ? error : new Error(String(error)),
        });
        return false;
      }
    },
  };
}
