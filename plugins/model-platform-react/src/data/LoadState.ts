/** Where a load stands. A value stays while it is read again, and when that fails. @public */
export interface LoadState<T> {
  value: T | undefined;
  error: Error | undefined;
  /** Nothing to show yet. */
  isLoading: boolean;
  /** The value is of an earlier question, the answer to this one is on its way. */
  isStale: boolean;
  reload(): void;
}
