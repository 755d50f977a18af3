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

/**
 * Series of one revision of an endpoint; more than this many are a mistake of
 * whoever counts, and further ones are not kept. None takes the place of
 * another revision's: however many there are in a system, each is counted.
 */
export const MAX_SERIES = 5_000;

/** Whose series a sample is of; empty where it says none. */
export interface SeriesOwner {
  system: string;
  endpoint: string;
  revision: string;
}

export function ownerOf({ labels }: ScrapedSample): SeriesOwner {
  const { system = '', endpoint = '', revision = '' } = labels;
  return { system, endpoint, revision };
}

/** The same for the same owner. */
export function ownerKey({ system, endpoint, revision }: SeriesOwner): string {
  return JSON.stringify([system, endpoint, revision]);
}
