import { ReactNode } from 'react';
import { Alert, Button, Flex } from '@backstage/ui';
import { ResponseError } from '@backstage/errors';
import { Loaded } from '../hooks';
import { LoadingRows } from './LoadingRows';

/**
 * Shows `children` with what was loaded, else why there is nothing: it is
 * still coming, it failed and can be tried again, or it is not allowed. Not
 * allowed is never shown as empty. @public
 */
export function LoadState<T>(props: {
  loaded: Loaded<T>;
  /** In words, after “Cannot show …”: `the versions of iris`. */
  what: string;
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  const { loaded, what, loading, children } = props;
  if (loaded.isLoading) {
    return <>{loading ?? <LoadingRows label={`Loading ${what}`} />}</>;
  }
  const { title, description, status } = loaded.error
    ? explain(loaded.error, what)
    : { title: undefined, description: undefined, status: undefined };
  if (loaded.data === undefined) {
    return (
      <Alert
        status={status ?? 'danger'}
        icon
        role="alert"
        title={title ?? `Cannot show ${what}`}
        description={description}
        customActions={retry(loaded)}
      />
    );
  }
  return (
    <Flex direction="column" gap="3">
      {title && (
        <Alert
          status="warning"
          icon
          role="status"
          title={`${title}; what you see may be old`}
          description={description}
          customActions={retry(loaded)}
        />
      )}
      {children(loaded.data)}
    </Flex>
  );
}

function retry(loaded: Loaded<unknown>) {
  return (
    <Button size="small" variant="secondary" onPress={loaded.reload}>
      Try again
    </Button>
  );
}

function explain(error: Error, what: string) {
  if (!ResponseError.is(error)) {
    return {
      status: 'danger' as const,
      title: `Cannot load ${what}`,
      description: `The portal cannot be reached: ${error.message}`,
    };
  }
  const { message } = error.body.error;
  if (error.statusCode === 403) {
    return {
      status: 'warning' as const,
      title: `You may not see ${what}`,
      description: message,
    };
  }
  if (error.statusCode === 404) {
    return {
      status: 'warning' as const,
      title: `There is nothing here that you may see`,
      description:
        `${message}. If it exists, the group that owns it can share it with you.`.replace(
          '..',
          '.',
        ),
    };
  }
  return {
    status: 'danger' as const,
    title: `Cannot load ${what}`,
    description: message,
  };
}
