import { Alert, Button, DialogBody } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  LoadingRows,
  messageOf,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { DeploymentForm } from './DeploymentForm';
import { textOf } from './textOf';

/**
 * A change of what Git declares, made in the document as it is there; where
 * that cannot be read, in one that says the same.
 */
export function DeclaredChange(props: {
  deployment: Deployment;
  does: string;
  onApplied: () => void;
}) {
  const { deployment } = props;
  const { name } = deployment;
  const document = useLoaded(`declaration of ${name}`, (api, signal) =>
    api.getDeclaredDocument(name, { signal }),
  );
  if (document.isLoading) {
    return (
      <DialogBody>
        <LoadingRows label={`Loading the file that declares ${name}`} />
      </DialogBody>
    );
  }
  if (document.data) {
    return (
      <DeploymentForm
        key="as in Git"
        {...props}
        text={document.data.text}
        document={document.data}
      />
    );
  }
  return (
    <DeploymentForm
      key="as it is wanted"
      {...props}
      text={textOf(deployment)}
      notice={
        <Alert
          status="warning"
          icon
          role="status"
          title="Its file could not be read"
          description={`${
            document.error && messageOf(document.error)
          }. What follows is what is wanted, without the comments of the file; a patch cannot be made of it.`}
          customActions={
            <Button size="small" variant="secondary" onPress={document.reload}>
              Try again
            </Button>
          }
        />
      }
    />
  );
}
