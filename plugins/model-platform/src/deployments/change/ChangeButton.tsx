import { Deployment } from '@model-platform/plugin-model-platform-common';
import { DeploymentChange } from './DeploymentChange';
import { DeploymentDialog } from './DeploymentDialog';

/** Changes what a deployment shall be; where Git says that, proposes the change. */
export function ChangeButton(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  return (
    <DeploymentDialog opens="Change" title={`Change ${deployment.name}`}>
      {close => (
        <DeploymentChange
          deployment={deployment}
          onApplied={() => {
            close();
            onChanged();
          }}
        />
      )}
    </DeploymentDialog>
  );
}
