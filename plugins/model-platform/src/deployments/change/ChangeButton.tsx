import {
  Deployment,
  ModelDeploymentManifest,
  writeYaml,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentDialog } from './DeploymentDialog';
import { DeploymentForm } from './DeploymentForm';

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
          text={writeYaml(manifestOf(deployment))}
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

function manifestOf({ name, spec }: Deployment): ModelDeploymentManifest {
  return {
    apiVersion: 'model-platform.io/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name },
    spec,
  };
}
