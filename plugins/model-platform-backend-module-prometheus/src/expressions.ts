import { InputError } from '@backstage/errors';
import { MetricQuery } from '@model-platform/plugin-model-platform-node';

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** How far back a counter's value at a start is looked for; as long may a target be out of reach. */
const LOOKBACK_SECONDS = 3_600;
/** How close one looks at that. */
const STEP_SECONDS = 15;
/** Of a target, of which a variant has several. */
const INSTANCE_LABELS = 'instance, pod';

/** Values of a label: equal to one of them. */
export type Matchers = Record<string, string | string[]>;

/** `{a="b",c=~"d|e"}`; whatever stands in values, it is only compared. Throws `InputError`. */
export function selectorOf(matchers: Matchers): string {
  const parts = Object.entries(matchers).map(([label, wanted]) => {
    if (!LABEL.test(label)) {
      throw new InputError(`'${label}' is no name of a label`);
    }
    return Array.isArray(wanted)
      ? `${label}=~${quoted(wanted.map(literally).join('|'))}`
      : `${label}=${quoted(wanted)}`;
  });
  return `{${parts.join(',')}}`;
}

/**
 * What a query asks for, over the time before its evaluation; of a quantile
 * the increases of its buckets. Throws `InputError`.
 *
 * @param query - with its labels and those of the server
 * @param targets - what all of the server's targets have
 */
export function expressionOf(
  query: Pick<MetricQuery, 'metric' | 'by' | 'aggregation'> & {
    labels: Matchers;
    windowMs: number;
  },
  targets: Matchers,
): string {
  const { aggregation, windowMs, by = [] } = query;
  const isQuantile = aggregation === 'quantile';
  const metric = isQuantile ? `${query.metric}_bucket` : query.metric;
  if (!METRIC.test(metric)) {
    throw new InputError(`'${metric}' is no name of a metric`);
  }
  const unnamed = by.find(label => !LABEL.test(label));
  if (unnamed !== undefined) {
    throw new InputError(`'${unnamed}' is no name of a label`);
  }
  const kept = [...new Set(isQuantile ? [...by, 'le'] : by)].join(', ');
  const series = `${metric}${selectorOf(query.labels)}`;
  const lengthMs = Math.max(Math.ceil(windowMs), 1);
  const window = `${lengthMs}ms`;
  switch (aggregation) {
    case 'max':
      return `max by (${kept}) (max_over_time(${series}[${window}]))`;
    case 'last':
      // Runners that count the same are one; what differs in a label is added up.
      return `sum by (${kept}) (avg without (${INSTANCE_LABELS}) (last_over_time(${series}[${window}])))`;
    default:
      return `sum by (${kept}) (${increaseOf(
        series,
        lengthMs,
        selectorOf(targets),
      )})`;
  }
}

/**
 * How much counters have counted in a window. Prometheus' own `increase`
 * misses the first value of a series, such as the first failures of a
 * revision, and estimates what lies beyond its samples; so it is the last
 * value less the one at the start. That is 0 for a series that was not there
 * though its target was read, or started since; where nothing is known of the
 * start, it is the first value in the window. Only where a counter began anew
 * within the window, `increase` and its estimate are taken.
 */
function increaseOf(series: string, windowMs: number, targets: string): string {
  const window = `${windowMs}ms`;
  const lowest = `min_over_time(${series}[${window}])`;
  const last = `last_over_time(${series}[${window}])`;
  const earlier = `[${LOOKBACK_SECONDS}s] offset ${window}`;
  const wasRead = `max_over_time(up${targets}${earlier}) > 0`;
  // Then whatever it has counted, it has counted since.
  const isNew = `last_over_time(process_start_time_seconds${targets}[${window}]) >= (time() - ${
    windowMs / 1000 + LOOKBACK_SECONDS
  })`;
  const before = `(last_over_time(${series}${earlier}) or (0 * ${last} and on (job, instance) (${wasRead} or ${isNew})) or ${lowest})`;
  // Below what it was at the start it has begun anew since.
  const goesOn = `(${lowest} >= bool ${before})`;
  const counted = `(${last} - ${before} * ${goesOn})`;
  return `(${counted} unless (resets(${series}[${window}]) > 0)) or increase(${series}[${window}])`;
}

/**
 * Until when all targets of these series were read, in seconds. Of one that
 * cannot be read there are no series at the moment, so that those which can
 * would speak for it; `up` is what there is of it, as long as it is there
 * itself. One of the same job that was never read counts from when it came.
 *
 * @param targets - what all of the server's targets have
 */
export function lastReadOf(series: string, targets: Matchers): string {
  const up = `up${selectorOf(targets)}`;
  const span = `[${LOOKBACK_SECONDS}s:${STEP_SECONDS}s]`;
  const before = `max_over_time(timestamp(${series})${span})`;
  const neighbours = `last_over_time(${series}[${LOOKBACK_SECONDS}s])`;
  // It may have come right after the look before.
  const came = `(min_over_time(timestamp(${up})${span}) - ${STEP_SECONDS})`;
  const unread = `(${up} == 0 and on (job, namespace) ${neighbours} unless on (job, instance) ${before})`;
  return `min(timestamp(${series}) or (${before} and on (job, instance) ${up} == 0) or (${came} and on (job, instance) ${unread}))`;
}

/** As RE2 takes it for itself. */
function literally(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A string of PromQL has the escapes of Go, of which JSON uses none that differs. */
function quoted(value: string): string {
  return JSON.stringify(value);
}
