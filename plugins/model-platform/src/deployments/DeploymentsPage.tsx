import {
  Cell,
  CellText,
  ColumnConfig,
  Flex,
  Link,
  Table,
  Text,
} from '@backstage/ui';
import {
  Deployment,
  trafficOf,
} from '@model-platform/plugin-model-platform-common';
import {
  DeploymentPhaseText,
  LoadingRows,
  LoadState,
  ModelPlatformApi,
  nameOfRef,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PageBody } from '../shared/PageBody';
import { useModelHref } from '../shared/useModelHref';
import { NewDeploymentButton } from './change';
import { loadDeclarations } from './loadDeclarations';
import { PHASE_ORDER } from './phaseOrder';
import { problemOf } from './problemOf';
import { RefusedDeclarations } from './RefusedDeclarations';
import { replicasText } from './replicasText';
import { TrafficBar } from './TrafficBar';
import { WaitingForMe } from './WaitingForMe';

/** Everything that serves, by environment, problems first. */
export function DeploymentsPage() {
  const deployments = useLoaded('deployments', loadAll, {
    on: ['deployments'],
    everyMs: 15_000,
  });
  const declarations = useLoaded('declarations', loadDeclarations, {
    on: ['deployments'],
    everyMs: 15_000,
  });
  return (
    <PageBody>
      <Flex justify="end">
        <NewDeploymentButton onApplied={deployments.reload} />
      </Flex>
      <WaitingForMe
        deployments={deployments.data ?? []}
        onDecided={deployments.reload}
      />
      <RefusedDeclarations declarations={declarations.data ?? []} />
      <LoadState
        loaded={deployments}
        what="the deployments"
        loading={<LoadingRows rows={5} height={48} />}
      >
        {items =>
          items.length === 0 ? (
            <Flex direction="column" gap="2" align="start">
              <Text as="h2" variant="title-x-small">
                Nothing is deployed that you may see
              </Text>
              <Text as="p" color="secondary">
                A deployment gives a model an endpoint that applications call.{' '}
                <em>New deployment</em> makes one, so does the page of a model
                under Deployments, and in the model's folder{' '}
                <code>model-platform deploy .</code>
              </Text>
            </Flex>
          ) : (
            <Flex direction="column" gap="5">
              {byEnvironment(items).map(([environment, group]) => (
                <Flex key={environment} direction="column" gap="2">
                  <Text as="h2" variant="title-x-small" weight="bold">
                    {environment}
                  </Text>
                  <DeploymentsTable deployments={group} />
                </Flex>
              ))}
            </Flex>
          )
        }
      </LoadState>
    </PageBody>
  );
}

function DeploymentsTable(props: { deployments: Deployment[] }) {
  const href = useModelHref();
  const columns: ColumnConfig<Deployment & { id: string }>[] = [
    {
      id: 'name',
      label: 'Endpoint',
      isRowHeader: true,
      cell: deployment => (
        <Cell>
          <Link href={href(deployment.modelSlug, 'deployments')} weight="bold">
            {deployment.name}
          </Link>
          <Text as="div" variant="body-small" color="secondary">
            {deployment.model}
          </Text>
        </Cell>
      ),
    },
    {
      id: 'status',
      label: 'Status',
      cell: deployment => (
        <Cell>
          <DeploymentPhaseText phase={deployment.phase} />
          <Text as="div" variant="body-small" color="secondary">
            {problemOf(deployment)}
          </Text>
        </Cell>
      ),
    },
    {
      id: 'traffic',
      label: 'Traffic',
      cell: deployment => (
        <Cell>
          <TrafficBar variants={trafficOf(deployment)} />
        </Cell>
      ),
    },
    {
      id: 'runners',
      label: 'Runners ready',
      width: 150,
      cell: deployment => <CellText title={replicasText(deployment)} />,
    },
    {
      id: 'changed',
      label: 'Last change',
      cell: deployment => (
        <Cell>
          <Text as="div">
            <TimeAgo at={deployment.updatedAt} /> by{' '}
            {nameOfRef(deployment.updatedBy)}
          </Text>
          <Text as="div" variant="body-small" color="secondary">
            {deployment.revision?.reason}
          </Text>
        </Cell>
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={props.deployments.map(one => ({ ...one, id: one.name }))}
      pagination={{ type: 'none' }}
    />
  );
}

function byEnvironment(items: Deployment[]): Array<[string, Deployment[]]> {
  const groups = new Map<string, Deployment[]>();
  const sorted = [...items].sort(
    (left, right) =>
      PHASE_ORDER.indexOf(left.phase) - PHASE_ORDER.indexOf(right.phase) ||
      left.name.localeCompare(right.name),
  );
  for (const item of sorted) {
    groups.set(item.environment, [
      ...(groups.get(item.environment) ?? []),
      item,
    ]);
  }
  return [...groups];
}

async function loadAll(api: ModelPlatformApi, signal: AbortSignal) {
  const items: Deployment[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listDeployments({ limit: 100, cursor }, { signal });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}
