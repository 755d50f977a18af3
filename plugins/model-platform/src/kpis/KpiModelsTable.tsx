import {
  Button,
  Cell,
  CellText,
  ColumnConfig,
  Flex,
  Link,
  Table,
  Text,
} from '@backstage/ui';
import {
  KpiModelRow,
  KpiOverview,
} from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  formatRatio,
  formatSeconds,
  nameOfRef,
  Section,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { useModelHref } from '../shared/useModelHref';
import { useUrlState } from '../shared/useUrlState';
import { Show, shownModels, SHOWS } from './shownModels';

/** The models behind the numbers, the most called first. */
export function KpiModelsTable(props: { kpis: KpiOverview; show: Show }) {
  const { kpis, show } = props;
  const url = useUrlState();
  const href = useModelHref();
  const models = shownModels(kpis.models, show);
  const columns: ColumnConfig<KpiModelRow & { id: string }>[] = [
    {
      id: 'name',
      label: 'Model',
      isRowHeader: true,
      cell: model => (
        <Cell>
          <Link href={href(model.slug)} weight="bold">
            {model.name}
          </Link>
        </Cell>
      ),
    },
    {
      id: 'theme',
      label: 'Theme',
      cell: model => <CellText title={model.theme ?? '–'} />,
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
      cell: model => (
        <Cell>
          <Text as="div">
            {model.version === undefined ? '–' : `v${model.version}`}
          </Text>
          <Text as="div" variant="body-small" color="secondary">
            <TimeAgo at={model.lastPublishedAt} none="not published" />
          </Text>
        </Cell>
      ),
    },
    {
      id: 'calls',
      label: 'Calls',
      cell: model => <CellText title={formatCount(model.calls)} />,
    },
    {
      id: 'errors',
      label: 'Failed',
      cell: model => <CellText title={formatRatio(model.errorRatio)} />,
    },
    {
      id: 'latency',
      label: '95 % within',
      cell: model => (
        <CellText title={formatSeconds(model.latencyP95Seconds)} />
      ),
    },
  ];
  return (
    <Section
      title={`${SHOWS[show]} (${formatCount(models.length)})`}
      actions={
        show !== 'all' && (
          <Button
            size="small"
            variant="tertiary"
            onPress={() => url.set({ show: undefined })}
          >
            Show all
          </Button>
        )
      }
    >
      <Flex direction="column">
        <Table
          columnConfig={columns}
          data={models.map(model => ({ ...model, id: model.slug }))}
          pagination={{ type: 'none' }}
          emptyState={<Text color="secondary">None in this time.</Text>}
        />
      </Flex>
    </Section>
  );
}
