import { Deployment } from '@model-platform/plugin-model-platform-common';
import { DeploymentDialog } from './DeploymentDialog';
import { DeploymentForm } from './DeploymentForm';
import { textOf } from './textOf';

/** Changes what a deployment shall be; where Git says that, proposes the change. */
export function ChangeButton(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  return (
    <DeploymentDialog opens="Change" title={`Change ${deployment.name}`}>
      {close => (
        <DeploymentForm
          text={textOf(deployment)}
          deployment={deployment}
          does="Apply the change"
          onApplied={() => {
            close();
            onChanged();
          }}
        />
      )}
    </DeploymentDialog>
  );
}
