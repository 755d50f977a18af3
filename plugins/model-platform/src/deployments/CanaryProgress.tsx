import { useApi } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import {
  CanaryStatus,
  Deployment,
} from '@model-platform/plugin-model-platform-common';
import {
  modelPlatformApiRef,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { PlainTable } from '../shared/PlainTable';
import { WithTimes } from '../shared/WithTimes';
import { TrafficNow } from './TrafficNow';

const VERDICTS = { passed: 'passed', failed: 'failed', waiting: 'not yet' };

/** How far the new revision has come, what its analysis says, and how a person can end it. */
export function CanaryProgress(props: {
  deployment: Deployment;
  canary: CanaryStatus;
  mayDeploy: boolean;
  onChanged: () => void;
}) {
  const { deployment, canary, mayDeploy, onChanged } = props;
  const { name } = deployment;
  const api = useApi(modelPlatformApiRef);
  return (
    <section aria-label={`Canary of ${name}`}>
      <Flex direction="column" gap="2">
        <Text as="h3" variant="body-medium" weight="bold">
          Canary: revision {canary.revision} beside revision{' '}
          {canary.stableRevision}
        </Text>
        <Text as="p">
          Step {canary.step} of {canary.steps}, {canary.weight} % of the calls;{' '}
          <Waiting canary={canary} />
        </Text>
        {canary.analysis.length > 0 && (
          <PlainTable
            caption="Analysis at this step"
            head={['Metric', 'Verdict', 'What it says']}
            rows={canary.analysis.map(({ metric, verdict, message }) => ({
              key: metric,
              cells: [metric, VERDICTS[verdict], message],
            }))}
          />
        )}
        {mayDeploy && (
          <Flex gap="2">
            <ConfirmDialog
              opens="Promote"
              title={`Send all traffic of ${name} to revision ${canary.revision}?`}
              does={`Promote revision ${canary.revision}`}
              onConfirm={async reason => {
                await api.promote(name, { reason });
                onChanged();
              }}
            >
              {() => (
                <>
                  <Text as="p">
                    Revision {canary.revision} goes from {canary.weight} % to
                    100 % of the calls, without the steps that are left.
                  </Text>
                  <TrafficNow deployment={deployment} />
                </>
              )}
            </ConfirmDialog>
            <ConfirmDialog
              opens="Abort"
              title={`Abort the canary of ${name}?`}
              does="Abort"
              isDestructive
              onConfirm={async reason => {
                await api.abort(name, { reason });
                onChanged();
              }}
            >
              {() => (
                <Text as="p">
                  Revision {canary.revision} loses its {canary.weight} % of the
                  calls; revision {canary.stableRevision} gets all of them. It
                  is not tried again until the spec changes or a newer version
                  comes.
                </Text>
              )}
            </ConfirmDialog>
          </Flex>
        )}
      </Flex>
    </section>
  );
}

function Waiting({ canary }: { canary: CanaryStatus }) {
  switch (canary.waitsFor) {
    case 'person':
      return <>a person decides how it goes on</>;
    case 'resume':
      return <>paused by a person</>;
    case 'calls':
      return <>too few calls yet to judge by</>;
    case 'figures':
      return <>the figures of this step are being collected</>;
    case 'runners':
      return <>its runners are not ready, and get no calls meanwhile</>;
    case 'time':
      return (
        <>
          at this step since <TimeAgo at={canary.since} />
          <WithTimes text={`, at least until ${canary.until}`} />
        </>
      );
    default:
      return <>its share is being put in force</>;
  }
}
