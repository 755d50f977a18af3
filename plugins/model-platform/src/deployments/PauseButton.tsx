import { useApi } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';

/** Keeps a deployment as it is until somebody resumes it. */
export function PauseButton(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  const { name } = deployment;
  const api = useApi(modelPlatformApiRef);
  if (deployment.overrides.some(({ kind }) => kind === 'pause')) {
    return (
      <ConfirmDialog
        key="resume"
        opens="Resume"
        variant="primary"
        title={`Resume ${name}?`}
        does="Resume"
        onConfirm={async reason => {
          await api.resume(name, { reason });
          onChanged();
        }}
      >
        {() => (
          <Text as="p">
            What was asked for meanwhile, such as a version that was published,
            gets its traffic by the deployment’s strategy.
          </Text>
        )}
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      key="pause"
      opens="Pause"
      title={`Pause ${name}?`}
      does="Pause"
      onConfirm={async reason => {
        await api.pause(name, { reason });
        onChanged();
      }}
    >
      {() => (
        <Text as="p">
          What serves goes on serving. No new revision is made and no traffic
          moves, also not back, until somebody resumes it.
        </Text>
      )}
    </ConfirmDialog>
  );
}
