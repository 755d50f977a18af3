import { useMemo } from 'react';
import {
  Badge,
  Cell,
  CellText,
  ColumnConfig,
  Flex,
  Link,
  Table,
  Text,
} from '@backstage/ui';
import { Model } from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  Loaded,
  nameOfRef,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { useModelHref } from '../shared/useModelHref';
import { ATTENTION_WORDS } from '../shared/attentionWords';
import { Usage } from './useUsage';

/** One row a model. */
export function ModelsTable(props: {
  models: Model[];
  usage: Loaded<Usage>;
  isStale: boolean;
}) {
  const { models, usage, isStale } = props;
  const modelHref = useModelHref();
  const columns = useMemo<ColumnConfig<Model>[]>(
    () => [
      {
        id: 'name',
        label: 'Name',
        isRowHeader: true,
        minWidth: 180,
        cell: model => (
          <Cell>
            <Link href={modelHref(model.slug)} weight="bold">
              {model.name}
            </Link>
            <Text as="div" variant="body-small" color="secondary" truncate>
              {model.description}
            </Text>
            <Flex gap="1">
              {model.archivedAt && <Badge>archived</Badge>}
              {usage.data?.attention
                .get(model.slug)
                ?.map(({ kind, message }) => (
                  <Badge key={kind} title={message}>
                    {ATTENTION_WORDS[kind]}
                  </Badge>
                ))}
            </Flex>
          </Cell>
        ),
      },
      {
        id: 'type',
        label: 'Type',
        width: 90,
        cell: model => <CellText title={model.type} />,
      },
      {
        id: 'theme',
        label: 'Theme',
        cell: model => <CellText title={model.current?.theme ?? '–'} />,
      },
      {
        id: 'owner',
        label: 'Owner',
        cell: model => (
          <CellText title={nameOfRef(model.owner)} description={model.system} />
        ),
      },
      {
        id: 'version',
        label: 'Version',
        width: 110,
        cell: model => (
          <CellText
            title={model.current ? `v${model.current.number}` : 'none yet'}
            description={
              model.aliases.champion !== undefined ? 'champion' : undefined
            }
          />
        ),
      },
      {
        id: 'endpoints',
        label: 'Runs at',
        cell: model => {
          if (!usage.data) return <CellText title={usage.error ? '?' : '…'} />;
          const endpoints = usage.data.rows.get(model.slug)?.endpoints ?? [];
          return (
            <Cell>
              {endpoints.length === 0 ? (
                <Text color="secondary">not deployed</Text>
              ) : (
                <Link href={modelHref(model.slug, 'deployments')}>
                  {endpoints.join(', ')}
                </Link>
              )}
            </Cell>
          );
        },
      },
      {
        id: 'calls',
        label: 'Calls, 7 days',
        width: 120,
        cell: model => (
          <CellText
            title={
              usage.data
                ? formatCount(usage.data.rows.get(model.slug)?.calls ?? 0)
                : placeholderFor(usage)
            }
          />
        ),
      },
      {
        id: 'published',
        label: 'Last published',
        cell: model => (
          <Cell>
            <Text>
              <TimeAgo at={model.latest?.readyAt} />
            </Text>
          </Cell>
        ),
      },
    ],
    [modelHref, usage],
  );
  return (
    <>
      {usage.error && !usage.data && (
        <Text as="p" color="warning" role="status">
          The figures of use cannot be loaded now; the models themselves are
          complete.
        </Text>
      )}
      <Table
        columnConfig={columns}
        data={models}
        isStale={isStale}
        pagination={{ type: 'none' }}
      />
    </>
  );
}

const placeholderFor = (usage: Loaded<Usage>) => (usage.error ? '?' : '…');
