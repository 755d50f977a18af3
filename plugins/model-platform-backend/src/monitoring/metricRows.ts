/** One series of one metric, by its labels. */
export interface SeriesRow {
  id: number;
  fingerprint: string;
  metric: string;
  kind: string;
  extra: string;
  last_at: number | string;
  [label: string]: unknown;
}

export interface PointRow {
  series_id: number;
  resolution: number;
  start: number | string;
  value: number;
  highest: number;
}

export interface TargetRow {
  id: string;
  started_at: number | null;
  scraped_at: number | string;
}

/** What a target told of a series when it was last read, be it a counter or a gauge. */
export interface CounterRow {
  target: string;
  series_id: number;
  value: number;
}
