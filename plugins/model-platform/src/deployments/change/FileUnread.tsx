import { Alert, Button } from '@backstage/ui';
import { messageOf } from '@model-platform/plugin-model-platform-react';

/** Why the file in Git that is changed could not be read, and what is shown instead. */
export function FileUnread(props: {
  error: Error;
  isReading: boolean;
  /** Reads it once more; absent where that would undo what was written. */
  onTryAgain?: () => void;
}) {
  const { error, isReading, onTryAgain } = props;
  return (
    <Alert
      status="warning"
      icon
      role="status"
      title="Its file could not be read"
      description={`${messageOf(
        error,
      )}. What follows is what is wanted, without the comments of the file; a patch cannot be made of it.`}
      customActions={
        onTryAgain && (
          <Button
            size="small"
            variant="secondary"
            isDisabled={isReading}
            onPress={onTryAgain}
          >
            Try again
          </Button>
        )
      }
    />
  );
}
