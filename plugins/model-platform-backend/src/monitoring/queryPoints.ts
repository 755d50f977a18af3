import { InputError } from '@backstage/errors';
import {
  histogramQuantile,
  MetricQuery,
  MetricSeries,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { LABEL_COLUMNS, resolutionFor } from './metricLayout';

interface Cell {
  sum: number;
  highest: number;
  les: Map<number, number>;
  last: Map<number, { start: number; value: number }>;
}

/** Without a step there is one bucket from start to end. */
export async function queryPoints(
  knex: Knex,
  query: MetricQuery,
  stepSeconds: number | undefined,
): Promise<MetricSeries[]> {
  if (
    (stepSeconds !== undefined && !(stepSeconds > 0)) ||
    query.end < query.start
  ) {
    throw new InputError(
      'A metric query needs a positive step, and its end after its start',
    );
  }
  const startSeconds = Math.floor(query.start.getTime() / 1000);
  const endSeconds = Math.ceil(query.end.getTime() / 1000);
  const resolution = resolutionFor({
    startSeconds,
    endSeconds,
    stepSeconds,
    nowSeconds: Date.now() / 1000,
  });
  const step = stepSeconds
    ? Math.ceil(stepSeconds / resolution) * resolution
    : endSeconds - startSeconds + 2 * resolution;
  const origin = Math.floor(startSeconds / resolution) * resolution;
  const isQuantile = query.aggregation === 'quantile';
  const by = query.by ?? [];
  const grouped = isQuantile
    ? [...by.filter(label => label !== 'le'), 'le']
    : by;
  const columns = grouped.filter(label => LABEL_COLUMNS.includes(label));
  const others = grouped.filter(label => !LABEL_COLUMNS.includes(label));
  // Both are whole numbers; as parameters they would have no type in PostgreSQL.
  const bucket = `(p.start - ${origin}) / ${step}`;
  const value =
    query.aggregation === 'max'
      ? knex.raw('max(p.highest) as value')
      : knex.raw('sum(p.value) as value');
  const select = knex({ p: 'metric_points' })
    .join({ s: 'metric_series' }, 's.id', 'p.series_id')
    .where('s.metric', isQuantile ? `${query.metric}_bucket` : query.metric)
    .andWhere('p.resolution', resolution)
    .andWhere('p.start', '>=', origin)
    .andWhere('p.start', '<', endSeconds);
  const extraFilters: Array<[string, string[]]> = [];
  for (const [label, wanted] of Object.entries(query.labels ?? {})) {
    const values = Array.isArray(wanted) ? wanted : [wanted];
    if (LABEL_COLUMNS.includes(label)) {
      select.whereIn(`s.${label}`, values);
    } else {
      extraFilters.push([label, values]);
    }
  }
  const needsExtra = others.length > 0 || extraFilters.length > 0;
  const isLast = query.aggregation === 'last';
  const groupColumns = [
    ...columns.map(label => `s.${label}`),
    ...(needsExtra ? ['s.extra'] : []),
    // Of a gauge the last point of each series counts, which only single rows tell.
    ...(isLast ? ['p.series_id', 'p.start'] : []),
  ];
  const rows: Array<Record<string, unknown>> = await select
    .select(...groupColumns, knex.raw(`${bucket} as bucket`), value)
    .groupByRaw(
      [
        ...groupColumns.map(column => `"${column.replace('.', '"."')}"`),
        bucket,
      ].join(', '),
    );

  const sums = new Map<string, Map<number, Cell>>();
  const labelsOf = new Map<string, Record<string, string>>();
  for (const row of rows) {
    const extra: Record<string, string> = needsExtra
      ? JSON.parse(String(row.extra))
      : {};
    if (
      !extraFilters.every(([label, values]) =>
        values.includes(extra[label] ?? ''),
      )
    ) {
      continue;
    }
    const labels: Record<string, string> = {};
    for (const label of by) {
      labels[label] = String(
        (LABEL_COLUMNS.includes(label) ? row[label] : extra[label]) ?? '',
      );
    }
    const key = JSON.stringify(labels);
    labelsOf.set(key, labels);
    const buckets = sums.get(key) ?? new Map<number, Cell>();
    sums.set(key, buckets);
    const number = Number(row.bucket);
    const cell = buckets.get(number) ?? {
      sum: 0,
      highest: -Infinity,
      les: new Map(),
      last: new Map(),
    };
    buckets.set(number, cell);
    const amount = Number(row.value);
    cell.sum += amount;
    cell.highest = Math.max(cell.highest, amount);
    if (isQuantile) {
      const le = row.le === '+Inf' ? Infinity : Number(row.le);
      cell.les.set(le, (cell.les.get(le) ?? 0) + amount);
    }
    if (isLast) {
      const series = Number(row.series_id);
      const start = Number(row.start);
      const known = cell.last.get(series);
      if (!known || known.start <= start) {
        cell.last.set(series, { start, value: amount });
      }
    }
  }
  return [...sums.entries()].map(([key, buckets]) => ({
    labels: labelsOf.get(key) ?? {},
    points: [...buckets.entries()]
      .sort(([a], [b]) => a - b)
      .flatMap(([number, cell]): Array<[number, number]> => {
        const result = valueOf(cell, query);
        return result === undefined
          ? []
          : [[(origin + number * step) * 1000, result]];
      }),
  }));
}

function valueOf(cell: Cell, query: MetricQuery): number | undefined {
  switch (query.aggregation) {
    case 'quantile':
      return histogramQuantile(
        query.quantile ?? 0.5,
        [...cell.les.entries()].map(([le, count]) => ({ le, count })),
      );
    case 'max':
      return cell.highest;
    case 'last':
      return [...cell.last.values()].reduce((sum, { value }) => sum + value, 0);
    default:
      return cell.sum;
  }
}
