import { Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { TimeAgo } from '@model-platform/plugin-model-platform-react';
import { PlainTable } from '../shared/PlainTable';
import { WithTimes } from '../shared/WithTimes';

/** What a deployment says of itself, condition by condition, as the API does. */
export function ConditionsTable(props: { deployment: Deployment }) {
  const { name, conditions, generation } = props.deployment;
  return (
    <section aria-label={`Conditions of ${name}`}>
      <Text as="h3" variant="body-medium" weight="bold">
        Conditions
      </Text>
      <PlainTable
        caption={`Conditions of ${name}`}
        head={['Condition', 'Status', 'Reason', 'Message', 'Since', 'Spec']}
        rows={conditions.map(condition => ({
          key: condition.type,
          cells: [
            <Word key="type">{condition.type}</Word>,
            condition.status,
            <Word key="reason">{condition.reason}</Word>,
            <WithTimes key="message" text={condition.message} />,
            <TimeAgo key="since" at={condition.lastTransitionTime} />,
            condition.observedGeneration < generation
              ? `${condition.observedGeneration}, not yet ${generation}`
              : String(condition.observedGeneration),
          ],
        }))}
      />
    </section>
  );
}

/** Read as one, however narrow the table is. */
function Word({ children }: { children: string }) {
  return <span style={{ whiteSpace: 'nowrap' }}>{children}</span>;
}
