import { Flex, Text } from '@backstage/ui';
import {
  Deployment,
  DeploymentPlan,
  describeShare,
  QuotaState,
} from '@model-platform/plugin-model-platform-common';
import { formatBytes } from '@model-platform/plugin-model-platform-react';
import { PlainTable } from '../../shared/PlainTable';
import { TrafficNow } from '../TrafficNow';

const ACTIONS: Record<DeploymentPlan['action'], string> = {
  create: 'would be made',
  change: 'would be changed',
  none: 'is so already',
};

/** What applying a document would do; nothing of it was done. */
export function PlanSummary(props: {
  plan: DeploymentPlan;
  /** The one that is changed. */
  deployment?: Deployment;
}) {
  const { plan, deployment } = props;
  const said = [
    ...plan.gates.map(
      ({ holds, message }) => `Gate ${holds ? 'holds' : 'open'}: ${message}`,
    ),
    ...plan.breaks.map(({ field, rule }) => `Breaks ${field}: ${rule}`),
    ...plan.quotas.map(quotaText),
  ];
  return (
    <section aria-label="What would happen">
      <Flex direction="column" gap="2">
        <Text as="h3" variant="body-medium" weight="bold">
          {plan.name} {ACTIONS[plan.action]}
        </Text>
        {plan.action === 'change' && plan.changes.length > 0 && (
          <PlainTable
            caption="Fields that would change"
            head={['Field', 'Now', 'Then']}
            rows={plan.changes.map(({ field, from, to }) => ({
              key: field,
              cells: [
                <code key="field">{field}</code>,
                valueText(from),
                valueText(to),
              ],
            }))}
          />
        )}
        <Text as="p">{revisionText(plan)}</Text>
        {deployment && plan.revision !== 'none' && (
          <TrafficNow deployment={deployment} />
        )}
        {said.length > 0 && (
          <ul style={{ margin: 0, paddingLeft: 'var(--bui-space-4)' }}>
            {said.map(line => (
              <li key={line}>
                <Text>{line}</Text>
              </li>
            ))}
          </ul>
        )}
      </Flex>
    </section>
  );
}

function revisionText(plan: DeploymentPlan): string {
  const { action, revision, variants, restarts } = plan;
  if (revision === 'none') return 'No revision is needed: what serves goes on.';
  const content = variants
    .map(
      variant =>
        `${variant.name}: ${variant.model} version ${
          variant.version
        }, ${describeShare(variant)}`,
    )
    .join('; ');
  return `A revision would ${
    revision === 'made' ? 'be made' : 'wait for its gates'
  }: ${content}. ${
    action === 'create'
      ? 'Runners started'
      : 'Runners started anew, beside those that serve'
  }: ${restarts.join(', ')}.`;
}

function quotaText({ resource, used, limit }: QuotaState): string {
  const amount = (value: number) =>
    resource === 'memory' ? formatBytes(value) : String(value);
  return `Quota of ${resource}: ${amount(used)} of ${amount(limit)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
