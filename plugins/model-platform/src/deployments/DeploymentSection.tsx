import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Grid, Text } from '@backstage/ui';
import {
  Deployment,
  ResolvedVariant,
  trafficOf,
} from '@model-platform/plugin-model-platform-common';
import {
  CopyButton,
  DeploymentPhaseText,
  Facts,
  modelPlatformApiRef,
  nameOfRef,
  Section,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { canaryUnderWay } from './canaryUnderWay';
import { CanaryProgress } from './CanaryProgress';
import { ChangeButton } from './change';
import { ConditionsTable } from './ConditionsTable';
import { DeleteButton } from './DeleteButton';
import { DeploymentTimeline } from './DeploymentTimeline';
import { LocationLink } from './LocationLink';
import { Overrides } from './Overrides';
import { PauseButton } from './PauseButton';
import { problemOf } from './problemOf';
import { replicasText } from './replicasText';
import { RevisionTimeline } from './RevisionTimeline';
import { RunnersTable } from './RunnersTable';
import { SizeFacts } from './SizeFacts';
import { SwitchOffButton } from './SwitchOffButton';
import { TrafficBar } from './TrafficBar';
import { TrafficNow } from './TrafficNow';
import { WaitingRevision } from './WaitingRevision';

/** One deployment: where it stands, its traffic, and what may be done with it. */
export function DeploymentSection(props: {
  deployment: Deployment;
  mayDeploy: boolean;
  onChanged: () => void;
}) {
  const { deployment, mayDeploy, onChanged } = props;
  const api = useApi(modelPlatformApiRef);
  const { name, revision, spec } = deployment;
  const variants = revision?.variants ?? [];
  const traffic = trafficOf(deployment);
  // How a canary comes along has a place of its own.
  const problem = deployment.phase === 'Canary' ? '' : problemOf(deployment);
  const canary = canaryUnderWay(deployment);
  return (
    <Section
      title={name}
      actions={
        mayDeploy && (
          <Flex gap="2">
            <ChangeButton deployment={deployment} onChanged={onChanged} />
            <PauseButton deployment={deployment} onChanged={onChanged} />
            <SwitchOffButton deployment={deployment} onChanged={onChanged} />
            <DeleteButton deployment={deployment} onChanged={onChanged} />
          </Flex>
        )
      }
    >
      <Flex direction="column" gap="4">
        {problem && (
          <Alert
            status={deployment.phase === 'Failed' ? 'danger' : 'warning'}
            icon
            title={problem}
          />
        )}
        <WaitingRevision deployment={deployment} onChanged={onChanged} />
        <Overrides
          deployment={deployment}
          mayDeploy={mayDeploy}
          onChanged={onChanged}
        />
        <Grid.Root columns={{ initial: '1', md: '2' }} gap="5">
          <Facts
            facts={[
              {
                name: 'Status',
                value: <DeploymentPhaseText phase={deployment.phase} />,
              },
              {
                name: 'Endpoint',
                value: deployment.url && (
                  <Flex align="center" gap="1">
                    <code>{deployment.url}</code>
                    <CopyButton
                      text={deployment.url}
                      label={`Copy the URL of ${name}`}
                    />
                  </Flex>
                ),
              },
              {
                name: 'Traffic',
                value: <TrafficBar variants={traffic} />,
              },
              {
                name: 'Replicas',
                value: deployment.off ? undefined : replicasText(deployment),
              },
              {
                name: 'Environment',
                value: `${deployment.environment}${
                  spec.strategy?.stickyBy
                    ? `, callers stay with a variant by ${spec.strategy.stickyBy}`
                    : ''
                }`,
              },
              {
                name: 'Declared',
                value:
                  deployment.source === 'api' ? (
                    'through the API'
                  ) : (
                    <LocationLink location={deployment.source} />
                  ),
              },
              {
                name: 'Last change',
                value: (
                  <>
                    <TimeAgo at={deployment.updatedAt} /> by{' '}
                    {nameOfRef(deployment.updatedBy)}
                  </>
                ),
              },
            ]}
          />
          <Flex direction="column" gap="4">
            <RunnersTable runners={deployment.runners} />
            <SizeFacts deployment={deployment} />
          </Flex>
        </Grid.Root>
        {canary && (
          <CanaryProgress
            deployment={deployment}
            canary={canary}
            mayDeploy={mayDeploy}
            onChanged={onChanged}
          />
        )}
        {mayDeploy && variants.length > 1 && !deployment.off && (
          <Flex gap="2" align="center">
            <Text>All traffic to</Text>
            {variants
              .filter(({ weight }) => weight < 100)
              .map(variant => (
                <ConfirmDialog
                  key={variant.name}
                  opens={`${variant.name} (v${variant.version})`}
                  title={`Send all traffic of ${name} to ${variant.name}?`}
                  does={`Promote ${variant.name}`}
                  onConfirm={async reason => {
                    await api.promote(name, { variant: variant.name, reason });
                    onChanged();
                  }}
                >
                  {() => (
                    <>
                      <Text as="p">
                        {variant.name} goes from{' '}
                        {traffic.find(now => isSame(now, variant))?.weight ?? 0}{' '}
                        % to 100 % of the calls:{' '}
                        {traffic
                          .filter(
                            now => now.weight > 0 && !isSame(now, variant),
                          )
                          .map(
                            ({ name: other, weight }) =>
                              `${other} loses ${weight} %`,
                          )
                          .join(', ')}
                        .
                      </Text>
                      <TrafficNow deployment={deployment} />
                    </>
                  )}
                </ConfirmDialog>
              ))}
          </Flex>
        )}
        <ConditionsTable deployment={deployment} />
        <Grid.Root columns={{ initial: '1', md: '2' }} gap="5">
          <RevisionTimeline
            deployment={deployment}
            mayDeploy={mayDeploy}
            onChanged={onChanged}
          />
          <DeploymentTimeline deployment={deployment} />
        </Grid.Root>
      </Flex>
    </Section>
  );
}

function isSame(one: ResolvedVariant, other: ResolvedVariant): boolean {
  return (
    one.name === other.name &&
    one.modelId === other.modelId &&
    one.version === other.version
  );
}
