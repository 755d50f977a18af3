import { ReactNode } from 'react';
import { Flex, Skeleton } from '@backstage/ui';
import { LoadState } from '../data/LoadState';
import { ErrorNote } from './ErrorNote';

interface LoadBoundaryProps<T> {
  /** What is shown, for messages: `The versions`. */
  what: string;
  state: LoadState<T>;
  /** In the shape of what comes; three lines where absent. */
  skeleton?: ReactNode;
  children: (value: T) => ReactNode;
}

/** Shows what was read, or why it isn't there yet. @public */
export function LoadBoundary<T>(props: LoadBoundaryProps<T>) {
  const { what, state, skeleton, children } = props;
  const { value, error, reload } = state;
  if (value === undefined) {
    if (error) return <ErrorNote what={what} error={error} onRetry={reload} />;
    return (
      <div aria-busy="true" aria-label={`${what}: loading`} role="status">
        {skeleton ?? (
          <Flex direction="column" gap="3">
            <Skeleton width="60%" height={20} />
            <Skeleton width="100%" height={20} />
            <Skeleton width="80%" height={20} />
          </Flex>
        )}
      </div>
    );
  }
  return (
    <>
      {error && (
        <ErrorNote
          what={what}
          error={error}
          stillWorks="What you see was read before."
          onRetry={reload}
        />
      )}
      {children(value)}
    </>
  );
}
