/** A value as a target exposes it, already reduced to what is kept. */
export interface ScrapedSample {
  metric: string;
  kind: 'counter' | 'gauge';
  labels: Record<string, string>;
  value: number;
}

/** One reading of one target. */
export interface Scrape {
  target: string;
  at: Date;
  /** Unix time in seconds at which the target's process started, if it says so. */
  startedAt?: number;
  samples: ScrapedSample[];
}

/** Empty where the sample is of none. */
export function systemOf(sample: ScrapedSample): string {
  return sample.labels.system ?? '';
}
