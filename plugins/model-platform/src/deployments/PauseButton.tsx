import { useApi } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { canaryUnderWay } from './canaryUnderWay';

/** Keeps a deployment, and a canary of it, as it is until somebody resumes it. */
export function PauseButton(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  const { name } = deployment;
  const api = useApi(modelPlatformApiRef);
  const isPaused = deployment.overrides.some(({ kind }) => kind === 'pause');
  const canary = canaryUnderWay(deployment);
  if (isPaused || canary?.waitsFor === 'person') {
    const resumes = isPaused ? 'Resume' : 'Go on';
    return (
      <ConfirmDialog
        key="resume"
        opens={resumes}
        variant="primary"
        title={
          isPaused ? `Resume ${name}?` : `Let the canary of ${name} go on?`
        }
        does={resumes}
        onConfirm={async reason => {
          await api.resume(name, { reason });
          onChanged();
        }}
      >
        {() => <Text as="p">{whenResumed(deployment)}</Text>}
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
      {() => <Text as="p">{whilePaused(deployment)}</Text>}
    </ConfirmDialog>
  );
}

function whenResumed(deployment: Deployment): string {
  const canary = canaryUnderWay(deployment);
  if (canary) {
    return `It goes on from step ${canary.step} of ${canary.steps}, by what its analysis says.`;
  }
  return deployment.off
    ? 'It stays off until somebody switches it on. What was asked for meanwhile, such as a version that was published, is then tried.'
    : 'What was asked for meanwhile, such as a version that was published, gets its traffic by the deployment’s strategy.';
}

function whilePaused(deployment: Deployment): string {
  const canary = canaryUnderWay(deployment);
  if (canary) {
    return `Revision ${canary.revision} keeps ${canary.weight} % of the calls until somebody resumes it. It is not rolled back by itself meanwhile, whatever its analysis says.`;
  }
  return `${
    deployment.off
      ? 'It stays off until somebody switches it on.'
      : 'What serves goes on serving.'
  } No new revision is made and no traffic moves, also not back, until somebody resumes it.`;
}
