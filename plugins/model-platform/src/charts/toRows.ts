import { TimeRange } from '@model-platform/plugin-model-platform-common';
import { TimeSeries } from './TimeSeries';

/** One bucket with the values of all series; `undefined` where one has none. */
export interface TimeRow {
  at: string;
  values: Array<number | undefined>;
}

/**
 * Series side by side, by time, with an empty row for each bucket of the range
 * that has none: a gap must look like one.
 */
export function toRows(series: TimeSeries[], range: TimeRange): TimeRow[] {
  const rows = new Map<number, TimeRow>();
  const rowAt = (time: number) => {
    const row = rows.get(time) ?? {
      at: new Date(time).toISOString(),
      values: series.map(() => undefined),
    };
    rows.set(time, row);
    return row;
  };
  for (const [index, { points }] of series.entries()) {
    for (const [at, value] of points) {
      rowAt(Date.parse(at)).values[index] = value;
    }
  }
  const [anchor] = rows.keys();
  if (anchor !== undefined && range.stepSeconds > 0) {
    const step = range.stepSeconds * 1000;
    const from = Date.parse(range.from);
    const first = anchor - Math.floor((anchor - from) / step) * step;
    for (let time = first; time < Date.parse(range.to); time += step) {
      rowAt(time);
    }
  }
  return [...rows.entries()]
    .sort(([left], [right]) => left - right)
    .map(([, row]) => row);
}
