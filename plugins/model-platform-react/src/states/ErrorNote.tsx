import { Alert, Button } from '@backstage/ui';
import { ResponseError } from '@backstage/errors';

interface ErrorNoteProps {
  /** What could not be shown, e.g. `The versions`. */
  what: string;
  error: Error;
  /** What still works, said after the reason. */
  stillWorks?: string;
  onRetry?: () => void;
}

/** What failed and why; a missing right is told apart from a failure. @public */
export function ErrorNote(props: ErrorNoteProps) {
  const { what, error, stillWorks, onRetry } = props;
  const status = ResponseError.is(error) ? error.statusCode : undefined;
  const reason = ResponseError.is(error)
    ? error.body.error.message
    : error.message;
  const isForbidden = status === 403;
  const isMissing = status === 404;
  const ending = isForbidden ? 'cannot be shown to you' : 'could not be read';
  return (
    <Alert
      role="alert"
      status={isForbidden || isMissing ? 'warning' : 'danger'}
      icon
      title={
        isMissing
          ? `${what}: not there, or not for you to see`
          : `${what} ${ending}`
      }
      description={[reason, stillWorks].filter(Boolean).join(' ')}
      customActions={
        onRetry && !isForbidden ? (
          <Button size="small" variant="secondary" onPress={onRetry}>
            Try again
          </Button>
        ) : undefined
      }
    />
  );
}
