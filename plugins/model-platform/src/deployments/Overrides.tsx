import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Text } from '@backstage/ui';
import {
  Deployment,
  DeploymentOverride,
} from '@model-platform/plugin-model-platform-common';
import {
  modelPlatformApiRef,
  nameOfRef,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';

/** Where what serves is not what the file says, and the one action that ends it. */
export function Overrides(props: {
  deployment: Deployment;
  mayDeploy: boolean;
  onChanged: () => void;
}) {
  const { deployment, mayDeploy, onChanged } = props;
  const { name, drift, overrides } = deployment;
  const api = useApi(modelPlatformApiRef);
  if (drift.length === 0) return null;
  return (
    <Alert
      status="info"
      icon
      title="Differs from the file"
      description={
        <>
          {drift.map((line, index) => (
            <div key={line}>
              <Drift line={line} override={overrides[index]} />
            </div>
          ))}
        </>
      }
      customActions={
        mayDeploy && overrides.length > 0 ? (
          <ConfirmDialog
            opens="Lift"
            title={`Let the file of ${name} hold again?`}
            does="Lift"
            onConfirm={async reason => {
              await api.liftOverride(name, { reason });
              onChanged();
            }}
          >
            {() => (
              <Text as="p">
                What persons put beside it ends. What the file asks for is
                wanted again, and gets its traffic by the deployment’s strategy
                once its runners are ready.
              </Text>
            )}
          </ConfirmDialog>
        ) : undefined
      }
    />
  );
}

/** What the platform says, with who and when as everywhere on the page. */
function Drift(props: { line: string; override?: DeploymentOverride }) {
  const { line, override } = props;
  if (!override) return <>{line}</>;
  const { by, since } = override;
  const [before, after] = line.split(`${by} since ${since}`);
  if (after === undefined) return <>{line}</>;
  return (
    <>
      {before}
      {nameOfRef(by)} <TimeAgo at={since} />
      {after}
    </>
  );
}
