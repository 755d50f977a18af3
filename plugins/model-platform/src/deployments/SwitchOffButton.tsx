import { useApi } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { TrafficNow } from './TrafficNow';

/** Switches a deployment off, after saying what that does to live traffic, and on again. */
export function SwitchOffButton(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  const { name, off, runners } = deployment;
  const api = useApi(modelPlatformApiRef);
  const apply = async (reason: string | undefined) => {
    await api.switchOff(name, { off: !off, reason });
    onChanged();
  };
  if (off) {
    return (
      <ConfirmDialog
        key="on"
        opens="Switch on"
        variant="primary"
        title={`Switch ${name} on?`}
        does="Switch on"
        onConfirm={apply}
      >
        {() => (
          <Text as="p">
            Its runners start, and the endpoint answers once they are ready.
          </Text>
        )}
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      key="off"
      opens="Switch off"
      title={`Switch ${name} off?`}
      does="Switch off"
      isDestructive
      onConfirm={apply}
    >
      {() => (
        <>
          <TrafficNow deployment={deployment} />
          <Text as="p">
            From then on <strong>every call is refused</strong> with 503.{' '}
            {runners.length === 1 &&
              'Its runner ends after the requests it has. '}
            {runners.length > 1 &&
              `Its ${runners.length} runners end after the requests they have. `}
            It can be switched on again at any time.
          </Text>
        </>
      )}
    </ConfirmDialog>
  );
}
