/** A metric that can be compared between projects, and so is collected centrally. @public */
export interface CatalogueMetric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  unit?: string;
  description: string;
  /** Which direction is better. */
  better: 'higher' | 'lower' | 'neither';
  labels?: string[];
}

/** `[ISO 8601 time of the bucket's start, value]`. @public */
export type Point = [string, number];

/** @public */
export interface TimeRange {
  from: string;
  to: string;
  /** Width of one bucket. */
  stepSeconds: number;
}

/** A figure with the period before beside it. @public */
export interface Figure {
  value: number | undefined;
  previous: number | undefined;
}

/** What runners of a variant took in the last seven days. @public */
export interface SizeObservation {
  /** How long some runner of it was there. */
  seconds: number;
  calls: number;
  /** Highest memory of one runner; absent where none was seen. */
  memoryPeakBytes?: number;
  /** Cores that one runner kept to in 95 of 100 spans of five minutes with calls. */
  cpuP95Cores?: number;
}

/** The size of a variant's runners: what is asked for, what they take, what would do. @public */
export interface VariantSize {
  variant: string;
  version: number;
  /** By the deployment, else by the version's metadata. */
  asked: { cpu?: string; memory?: string };
  observed: SizeObservation;
  /** Absent until enough was seen. */
  proposed?: { cpu: string; memory: string };
  /** Why nothing is proposed. */
  missing?: string;
}

/** Calls that a variant answered, or copies that it got. @public */
export interface VariantFigures {
  endpoint: string;
  variant: string;
  version: string;
  calls: number;
  /** Answered with 5xx. */
  errors: number;
  /** Answered with 4xx. */
  callerErrors: number;
  latencyP50Seconds?: number;
  latencyP95Seconds?: number;
}

/** Copies that a variant got, which are no calls of the model. @public */
export interface ShadowFigures extends VariantFigures {
  /** Copies that were not sent. */
  dropped: number;
}

/** Technical and business metrics of one model. @public */
export interface ModelMetrics {
  range: TimeRange;
  calls: Figure;
  errors: Figure;
  /** Share of calls answered with 5xx, 0 to 1. */
  errorRatio: Figure;
  latencyP50Seconds: Figure;
  latencyP95Seconds: Figure;
  series: {
    calls: Point[];
    errors: Point[];
    latencyP50Seconds: Point[];
    latencyP95Seconds: Point[];
  };
  byVariant: VariantFigures[];
  /** In none of the other figures. */
  shadows: ShadowFigures[];
  byConsumer: Array<{ consumer: string; calls: number }>;
  custom: Array<CatalogueMetric & { total: Figure; series: Point[] }>;
  /** Restarts of runners in the range. */
  runnerRestarts: number;
  /** When the collector last succeeded; absent if never. */
  collectedAt?: string;
}

/** One series of a model's own metrics, as a runner says it. @public */
export interface LiveSeries {
  /** Of a histogram `…_sum` and `…_count`. */
  metric: string;
  runner: string;
  endpoint?: string;
  variant?: string;
  version?: string;
  labels: Record<string, string>;
  value: number;
  /** Whether the metric is in the platform's catalogue; others are never stored. */
  isCollected: boolean;
}

/** What a model's runners count this moment, read for whoever asks. @public */
export interface LiveModelMetrics {
  readAt: string;
  /** How many run. */
  runners: number;
  /** Those that did not answer. */
  unread: string[];
  series: LiveSeries[];
}

/** @public */
export interface KpiModelRow {
  slug: string;
  name: string;
  type: string;
  theme?: string;
  owner: string;
  system: string;
  risk?: string;
  version?: number;
  lastPublishedAt?: string;
  endpoints: string[];
  calls: number;
  errorRatio?: number;
  latencyP95Seconds?: number;
}

/** What the KPI page shows; counts only what its reader may read. @public */
export interface KpiOverview {
  range: TimeRange;
  filter: { system?: string; theme?: string; owner?: string };
  modelsPublished: Figure;
  /** Models with at least one call in the range. */
  modelsInUse: Figure;
  versionsPublished: Figure;
  calls: Figure;
  errorRatio: Figure;
  latencyP95Seconds: Figure;
  callsByTheme: Array<{ theme: string; points: Point[] }>;
  modelsByTheme: Array<{ key: string; count: number }>;
  modelsByType: Array<{ key: string; count: number }>;
  modelsByOwner: Array<{ key: string; count: number }>;
  models: KpiModelRow[];
  lastUpdates: Array<{
    slug: string;
    name: string;
    version: number;
    at: string;
    publisher: string;
  }>;
  businessMetrics: Array<
    CatalogueMetric & {
      models: Array<{
        slug: string;
        name: string;
        total: Figure;
        points: Point[];
      }>;
    }
  >;
  attention: Array<{
    kind: 'stale' | 'never-called' | 'without-owner' | 'incomplete' | 'failing';
    slug: string;
    name: string;
    message: string;
  }>;
  collectedAt?: string;
}
