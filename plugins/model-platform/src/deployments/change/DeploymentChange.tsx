import { useState } from 'react';
import { DialogBody } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  LoadingRows,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { isDeclared } from '../isDeclared';
import { DeploymentForm } from './DeploymentForm';
import { textOf } from './textOf';

/**
 * A change of what a deployment shall be. What Git declares is changed in the
 * document as it is there; where that cannot be read, in one that says the same.
 */
export function DeploymentChange(props: {
  deployment: Deployment;
  onApplied: () => void;
}) {
  const { deployment, onApplied } = props;
  const { name } = deployment;
  // As it was when it was opened: what is written stays, whatever becomes of it.
  const [isInGit] = useState(isDeclared(deployment));
  const { data, error, isLoading } = useLoaded(
    `declaration of ${name}`,
    (api, signal) => api.getDeclaredDocument(name, { signal }),
    { skip: !isInGit },
  );
  if (isLoading) {
    return (
      <DialogBody>
        <LoadingRows label={`Loading the file that declares ${name}`} />
      </DialogBody>
    );
  }
  return (
    <DeploymentForm
      text={data?.text ?? textOf(deployment)}
      deployment={deployment}
      document={data}
      does="Apply the change"
      onApplied={onApplied}
      unread={error}
    />
  );
}
