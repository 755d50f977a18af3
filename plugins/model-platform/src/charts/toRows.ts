import { TimeSeries } from './TimeChart';

/** One bucket with the values of all series; `undefined` where one has none. */
export interface TimeRow {
  at: string;
  values: Array<number | undefined>;
}

/** Series side by side, by time. */
export function toRows(series: TimeSeries[]): TimeRow[] {
  const rows = new Map<string, TimeRow>();
  for (const [index, { points }] of series.entries()) {
    for (const [at, value] of points) {
      const row = rows.get(at) ?? {
        at,
        values: series.map(() => undefined),
      };
      row.values[index] = value;
      rows.set(at, row);
    }
  }
  return [...rows.values()].sort((left, right) =>
    left.at.localeCompare(right.at),
  );
}
