import { ScrapeTarget } from '@model-platform/plugin-model-platform-node';
import { ScrapedSample } from './Scrape';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { COPY_METRICS } from './CallFigures';
import { ExposedSample } from './parsePrometheusText';

interface KeptMetric {
  type: 'counter' | 'gauge' | 'histogram';
  from: ScrapeTarget['kind'];
  labels: string[];
}

const VARIANT_LABELS = [
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
];

/** Of runners, counted by what starts them again. */
export const RESTARTS_METRIC = 'model_runner_restarts_total';

/** Of a runner's process, by the client libraries of both runtimes. */
export const PROCESS_MEMORY_METRIC = 'process_resident_memory_bytes';
export const PROCESS_CPU_METRIC = 'process_cpu_seconds_total';
export const RUNNER_REQUESTS_METRIC = 'model_runner_requests_total';

const PLATFORM_METRICS: Record<string, KeptMetric> = {
  model_gateway_requests_total: {
    type: 'counter',
    from: 'gateway',
    labels: [...VARIANT_LABELS, 'consumer', 'code'],
  },
  model_gateway_request_duration_seconds: {
    type: 'histogram',
    from: 'gateway',
    labels: VARIANT_LABELS,
  },
  model_gateway_requests_in_flight: {
    type: 'gauge',
    from: 'gateway',
    labels: VARIANT_LABELS,
  },
  model_gateway_refused_total: {
    type: 'counter',
    from: 'gateway',
    labels: ['endpoint', 'consumer', 'code'],
  },
  [COPY_METRICS.count]: {
    type: 'counter',
    from: 'gateway',
    labels: [...VARIANT_LABELS, 'code'],
  },
  [COPY_METRICS.duration]: {
    type: 'histogram',
    from: 'gateway',
    labels: VARIANT_LABELS,
  },
  model_gateway_shadow_requests_in_flight: {
    type: 'gauge',
    from: 'gateway',
    labels: VARIANT_LABELS,
  },
  model_gateway_shadow_dropped_total: {
    type: 'counter',
    from: 'gateway',
    labels: [...VARIANT_LABELS, 'reason'],
  },
  [RESTARTS_METRIC]: {
    type: 'counter',
    from: 'engine',
    labels: VARIANT_LABELS,
  },
  [RUNNER_REQUESTS_METRIC]: {
    type: 'counter',
    from: 'runner',
    labels: [...VARIANT_LABELS, 'code'],
  },
  model_runner_request_duration_seconds: {
    type: 'histogram',
    from: 'runner',
    labels: VARIANT_LABELS,
  },
  model_runner_predict_duration_seconds: {
    type: 'histogram',
    from: 'runner',
    labels: VARIANT_LABELS,
  },
  model_runner_requests_in_flight: {
    type: 'gauge',
    from: 'runner',
    labels: VARIANT_LABELS,
  },
  model_runner_load_seconds: {
    type: 'gauge',
    from: 'runner',
    labels: VARIANT_LABELS,
  },
  [PROCESS_MEMORY_METRIC]: {
    type: 'gauge',
    from: 'runner',
    labels: VARIANT_LABELS,
  },
  [PROCESS_CPU_METRIC]: {
    type: 'counter',
    from: 'runner',
    labels: VARIANT_LABELS,
  },
};

/**
 * Of what a target exposes, what is collected: the platform's own metrics and
 * those of the metric catalogue, with the labels that each may have. A metric
 * that only runners may count is not taken from a gateway, nor the other way
 * round; of a shadow nothing that its model counts.
 */
export function selectSamples(
  exposed: ExposedSample[],
  target: ScrapeTarget,
  catalogue: MetricCatalogue,
): ScrapedSample[] {
  const selected: ScrapedSample[] = [];
  for (const sample of exposed) {
    const kept = keptMetric(sample.name, target, catalogue);
    if (!kept || !Number.isFinite(sample.value)) {
      continue;
    }
    const labels: Record<string, string> = {};
    for (const label of kept.labels) {
      const value = target.labels?.[label] ?? sample.labels[label];
      if (value !== undefined) {
        labels[label] = value;
      }
    }
    if (kept.bucket && sample.labels.le !== undefined) {
      labels.le =
        sample.labels.le === '+Inf' ? '+Inf' : String(Number(sample.labels.le));
    }
    selected.push({
      metric: sample.name,
      kind: kept.kind,
      labels,
      value: sample.value,
    });
  }
  return selected;
}

/** Unix time in seconds at which the target's process started. */
export function startTimeOf(exposed: ExposedSample[]): number | undefined {
  return exposed.find(sample => sample.name === 'process_start_time_seconds')
    ?.value;
}

function keptMetric(
  name: string,
  target: ScrapeTarget,
  catalogue: MetricCatalogue,
) {
  const direct = definition(name, target, catalogue);
  if (direct && direct.type !== 'histogram') {
    return { kind: direct.type, labels: direct.labels, bucket: false };
  }
  const part = /^(.+)_(bucket|sum|count)$/.exec(name);
  const histogram = part && definition(part[1], target, catalogue);
  return histogram?.type === 'histogram'
    ? {
        kind: 'counter' as const,
        labels: histogram.labels,
        bucket: part?.[2] === 'bucket',
      }
    : undefined;
}

function definition(
  name: string,
  target: ScrapeTarget,
  catalogue: MetricCatalogue,
): { type: KeptMetric['type']; labels: string[] } | undefined {
  const platform = PLATFORM_METRICS[name];
  if (platform) {
    return platform.from === target.kind ? platform : undefined;
  }
  // What a shadow counts never happened: its answers reached nobody.
  const custom =
    target.kind === 'runner' && !target.isShadow
      ? catalogue.get(name)
      : undefined;
  return (
    custom && {
      type: custom.type,
      labels: [...VARIANT_LABELS, ...(custom.labels ?? [])],
    }
  );
}
