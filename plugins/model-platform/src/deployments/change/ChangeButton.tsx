import { Deployment } from '@model-platform/plugin-model-platform-common';
import { isDeclared } from '../isDeclared';
import { DeclaredChange } from './DeclaredChange';
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
      {close => {
        const form = {
          deployment,
          does: 'Apply the change',
          onApplied() {
            close();
            onChanged();
          },
        };
        return isDeclared(deployment) ? (
          <DeclaredChange {...form} />
        ) : (
          <DeploymentForm text={textOf(deployment)} {...form} />
        );
      }}
    </DeploymentDialog>
  );
}
