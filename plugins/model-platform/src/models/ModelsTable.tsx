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
import { ArchivedModelButton } from './ArchivedModelButton';
import { Usage } from './useUsage';

const placeholderFor = (usage: Loaded<Usage>) => (usage.error ? '?' : '…');

/** One row a model. */
export function ModelsTable(props: {
  models: Model[];
  usage: Loaded<Usage>;
  isStale: boolean;
  /** Told when one was restored or deleted. */
  onChanged: () => void;
}) {
  const { models, usage, isStale, onChanged } = props;
  const modelHref = useModelHref();
  const columns = useMemo<ColumnConfig<Model>[]>(
    () => [
      {
        id: 'name',
        label: 'Name',
        isRowHeader: true,
        defaultWidth: '2.5fr',
        minWidth: 190,
        cell: model => (
          <Cell>
            {model.archivedAt ? (
              // The catalog has no page of it.
              <Text weight="bold">{model.name}</Text>
            ) : (
              <Link href={modelHref(model.slug)} weight="bold">
                {model.name}
              </Link>
            )}
            <Text as="div" variant="body-small" color="secondary" truncate>
              {model.description}
            </Text>
            <Flex gap="1">
              {model.archivedAt && (
                <ArchivedModelButton model={model} onChanged={onChanged} />
              )}
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
        defaultWidth: '0.8fr',
        minWidth: 124,
        cell: model => <CellText title={model.type} />,
      },
      {
        id: 'theme',
        label: 'Theme',
        defaultWidth: '1.2fr',
        minWidth: 120,
        cell: model => (
          <Cell>
            <Text>{model.current?.theme ?? '–'}</Text>
          </Cell>
        ),
      },
      {
        id: 'owner',
        label: 'Owner',
        defaultWidth: '1.1fr',
        minWidth: 125,
        cell: model => (
          <Cell>
            <Text as="div">{nameOfRef(model.owner)}</Text>
            <Text as="div" variant="body-small" color="secondary">
              {model.system}
            </Text>
          </Cell>
        ),
      },
      {
        id: 'version',
        label: 'Version',
        defaultWidth: '0.7fr',
        minWidth: 90,
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
        defaultWidth: '1fr',
        minWidth: 95,
        cell: model => {
          if (!usage.data) return <CellText title={placeholderFor(usage)} />;
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
        defaultWidth: '0.8fr',
        minWidth: 138,
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
        label: 'Published',
        defaultWidth: '1fr',
        minWidth: 112,
        cell: model => (
          <Cell>
            <Text>
              <TimeAgo at={model.latest?.readyAt} />
            </Text>
          </Cell>
        ),
      },
    ],
    [modelHref, onChanged, usage],
  );
  return (
    <>
      {usage.error && !usage.data && (
        <Text as="p" color="warning" role="status">
          The figures of use cannot be loaded now; the models themselves are
          complete.
        </Text>
      )}
      <div style={{ overflowX: 'auto' }}>
        <Table
          columnConfig={columns}
          data={models}
          isStale={isStale}
          pagination={{ type: 'none' }}
        />
      </div>
    </>
  );
}
