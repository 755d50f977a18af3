import { CellText, ColumnConfig, Table } from '@backstage/ui';
import {
  ModelMetrics,
  ShadowFigures,
  VariantFigures,
} from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  formatRatio,
  formatSeconds,
  Section,
} from '@model-platform/plugin-model-platform-react';

type Row = VariantFigures & Pick<Partial<ShadowFigures>, 'dropped'>;

const ratio = (part: number, { calls }: Row) =>
  formatRatio(calls > 0 ? part / calls : undefined);

const columns: ColumnConfig<Row & { id: string }>[] = [
  {
    id: 'variant',
    label: 'Variant',
    isRowHeader: true,
    cell: ({ variant, version, endpoint, dropped }) => (
      <CellText
        title={`${variant} v${version}${
          dropped === undefined ? '' : ', shadow'
        }`}
        description={endpoint}
      />
    ),
  },
  {
    id: 'calls',
    label: 'Calls or copies',
    cell: ({ calls, dropped }) => (
      <CellText
        title={formatCount(calls)}
        description={dropped ? `${formatCount(dropped)} not copied` : undefined}
      />
    ),
  },
  {
    id: 'callerErrors',
    label: 'Refused (4xx)',
    cell: row => <CellText title={ratio(row.callerErrors, row)} />,
  },
  {
    id: 'errors',
    label: 'Failed (5xx)',
    cell: row => <CellText title={ratio(row.errors, row)} />,
  },
  {
    id: 'median',
    label: 'Half within',
    cell: row => <CellText title={formatSeconds(row.latencyP50Seconds)} />,
  },
  {
    id: 'high',
    label: '95 % within',
    cell: row => <CellText title={formatSeconds(row.latencyP95Seconds)} />,
  },
];

/** Shadows beside the variants that answer the same calls. */
export function ShadowComparison({ metrics }: { metrics: ModelMetrics }) {
  const { byVariant, shadows } = metrics;
  if (shadows.length === 0) {
    return null;
  }
  const endpoints = new Set(shadows.map(({ endpoint }) => endpoint));
  const rows: Row[] = [
    ...byVariant.filter(({ endpoint }) => endpoints.has(endpoint)),
    ...shadows,
  ];
  return (
    <Section title="Shadows beside what answers">
      <Table
        columnConfig={columns}
        data={rows
          .sort((a, b) => a.endpoint.localeCompare(b.endpoint))
          .map(row => ({
            ...row,
            id: [row.endpoint, row.variant, row.version, row.dropped].join(' '),
          }))}
        pagination={{ type: 'none' }}
      />
    </Section>
  );
}
