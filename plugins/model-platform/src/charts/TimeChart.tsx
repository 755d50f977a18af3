import { lazy, Suspense, useId, useState } from 'react';
import { DateTime } from 'luxon';
import { Button, Flex, Skeleton, Text } from '@backstage/ui';
import { TimeRange } from '@model-platform/plugin-model-platform-common';
import { formatCount } from '@model-platform/plugin-model-platform-react';
import { DataTable } from './DataTable';
import { TimeSeries } from './TimeSeries';
import { toRows } from './toRows';

const TimeChartCanvas = lazy(() =>
  import('./TimeChartCanvas').then(m => ({ default: m.TimeChartCanvas })),
);

/** */
export interface TimeChartProps {
  /** What is counted, with its unit: `Calls per hour`. */
  title: string;
  series: TimeSeries[];
  /** What the time axis spans, and the width of a bucket. */
  range: TimeRange;
  kind?: 'line' | 'stacked';
  format?: (value: number | undefined) => string;
  height?: number;
  /** In the place of the chart where nothing was counted. */
  emptyText?: string;
}

/** Values over time, as a chart and, one click below, as a table. */
export function TimeChart(props: TimeChartProps) {
  const { title, series, range, kind = 'line', height = 200 } = props;
  const [showsTable, setShowsTable] = useState(false);
  const format = props.format ?? formatCount;
  const titleId = useId();
  const tableId = useId();
  const rows = toRows(series, range);
  const counted = rows.filter(row =>
    row.values.some(value => value !== undefined),
  );
  const formatTime = (at: string) =>
    DateTime.fromISO(at).toFormat(
      range.stepSeconds >= 86_400 ? 'd LLL' : 'd LLL HH:mm',
    );
  return (
    <figure style={{ margin: 0, minWidth: 0 }} aria-labelledby={titleId}>
      <Flex direction="column" gap="2">
        <Text as="p" variant="body-medium" weight="bold" id={titleId}>
          {title}
        </Text>
        {counted.length === 0 ? (
          <Text as="p" color="secondary">
            {props.emptyText ?? 'Nothing counted in this time.'}
          </Text>
        ) : (
          <>
            <Suspense fallback={<Skeleton width="100%" height={height} />}>
              {/* The table below says the same to those who can't see the chart. */}
              <div aria-hidden="true">
                <TimeChartCanvas
                  rows={rows}
                  names={series.map(one => one.name)}
                  kind={kind}
                  height={height}
                  format={format}
                  formatTime={formatTime}
                />
              </div>
            </Suspense>
            <div>
              <Button
                size="small"
                variant="tertiary"
                aria-label={`${showsTable ? 'Hide' : 'Show'} table: ${title}`}
                aria-expanded={showsTable}
                aria-controls={showsTable ? tableId : undefined}
                onPress={() => setShowsTable(!showsTable)}
              >
                {showsTable ? 'Hide table' : 'Show table'}
              </Button>
            </div>
            {showsTable && (
              <div id={tableId}>
                <DataTable
                  caption={title}
                  head={['Time', ...series.map(one => one.name)]}
                  rows={counted.map(row => [
                    formatTime(row.at),
                    ...row.values.map(format),
                  ])}
                />
              </div>
            )}
          </>
        )}
      </Flex>
    </figure>
  );
}
