import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  EndpointScope,
  histogramQuantile,
  MetricQuery,
  MetricSample,
  MetricSeries,
  MetricsStore,
} from '@model-platform/plugin-model-platform-node';
import { expressionOf, lastReadOf, Matchers, selectorOf } from './expressions';
import { PrometheusSeries } from './PrometheusClient';
import { PrometheusServer } from './PrometheusServer';
import { readPrometheusServers } from './readPrometheusServers';

/** Of every gateway for each of its routes, whether they are called or not. */
const ALWAYS_THERE = 'model_gateway_requests_in_flight';
/** How far back the last reading is looked for where there is none now. */
const STALE_MS = 3_600_000;
/** Prometheus answers with 11,000 at most. */
const MAX_POINTS = 11_000;

/**
 * Figures that Prometheus has collected. Several servers have several
 * environments, and what is asked of all is put together of theirs; one that
 * cannot answer is an error, for figures without it would be too low. @public
 */
export class PrometheusMetricsStore implements MetricsStore {
  /** None where the configuration names no Prometheus. Throws `InputError`. */
  static async fromConfig(
    config: Config,
  ): Promise<PrometheusMetricsStore | undefined> {
    const servers = await readPrometheusServers(config);
    return servers.length > 0 ? new PrometheusMetricsStore(servers) : undefined;
  }

  private constructor(private readonly servers: PrometheusServer[]) {}

  async range(
    query: MetricQuery & { stepSeconds: number },
  ): Promise<MetricSeries[]> {
    requireOrder(query);
    const { start, stepSeconds } = query;
    if (!(stepSeconds > 0)) {
      throw new InputError('A metric query needs a positive step');
    }
    const stepMs = stepSeconds * 1000;
    const count = Math.ceil((query.end.getTime() - start.getTime()) / stepMs);
    if (count > MAX_POINTS) {
      throw new InputError(
        `A metric query may have ${MAX_POINTS} points, and this one has ${count}: take a longer step`,
      );
    }
    if (count === 0) return [];
    // A bucket is looked at from its end; the last one may not be over yet.
    const endOf = (index: number) =>
      new Date(start.getTime() + (index + 1) * stepMs);
    const range = { start: endOf(0), end: endOf(count - 1), stepSeconds };
    const read = await this.ask(query, stepMs, (client, expression) =>
      client.queryRange(expression, range),
    );
    return grouped(read, query).map(({ labels, series }) => {
      const times = new Map<number, PrometheusSeries[]>();
      for (const { labels: own, points } of series) {
        for (const point of points) {
          const at = Math.round((point[0] * 1000 - start.getTime()) / stepMs);
          const known = times.get(at - 1) ?? [];
          known.push({ labels: own, points: [point] });
          times.set(at - 1, known);
        }
      }
      return {
        labels,
        points: [...times]
          .sort(([a], [b]) => a - b)
          .flatMap(([index, at]): Array<[number, number]> => {
            const value = valueOf(at, query);
            return value === undefined
              ? []
              : [[start.getTime() + index * stepMs, value]];
          }),
      };
    });
  }

  async instant(query: MetricQuery): Promise<MetricSample[]> {
    requireOrder(query);
    const windowMs = query.end.getTime() - query.start.getTime();
    const read = await this.ask(query, windowMs, (client, expression) =>
      client.query(expression, query.end),
    );
    return grouped(read, query).flatMap(({ labels, series }) => {
      const value = valueOf(series, query);
      return value === undefined ? [] : [{ labels, value }];
    });
  }

  async collectedAt(of?: EndpointScope): Promise<Date | undefined> {
    const times = await Promise.all(
      this.serversOf(of?.environment).map(async server => {
        const series = `${ALWAYS_THERE}${selectorOf({
          ...matchersOf(server, of?.environment),
          // Each of an endpoint's gateways has it, whether it is called there or not.
          ...(of ? { endpoint: of.endpoint } : {}),
        })}`;
        const now = new Date();
        // What the slowest gateway has counted until then is known of all.
        const [fresh] = await server.client.query(
          of ? lastReadOf(series, server.labels) : `min(timestamp(${series}))`,
          now,
        );
        if (fresh) return fresh.points[0][1];
        const [stale] = await server.client.queryRange(
          `max(timestamp(${series}))`,
          {
            start: new Date(now.getTime() - STALE_MS),
            end: now,
            stepSeconds: 15,
          },
        );
        return stale?.points.at(-1)?.[1];
      }),
    );
    const known = times.filter(time => time !== undefined);
    return known.length === 0 ? undefined : new Date(Math.min(...known) * 1000);
  }

  private async ask(
    query: MetricQuery,
    windowMs: number,
    send: (
      client: PrometheusServer['client'],
      expression: string,
    ) => Promise<PrometheusSeries[]>,
  ): Promise<PrometheusSeries[]> {
    const { labels = {} } = query;
    // None of no values; a pattern of none would be one of the empty value.
    if (
      Object.values(labels).some(values => values.length === 0 && values !== '')
    )
      return [];
    const wanted = labels.environment;
    const answers = await Promise.all(
      this.serversOf(wanted).map(server =>
        send(
          server.client,
          expressionOf(
            {
              ...query,
              labels: { ...labels, ...matchersOf(server, wanted) },
              windowMs,
            },
            server.labels,
          ),
        ),
      ),
    );
    return answers.flat();
  }

  private serversOf(environment: string | string[] | undefined) {
    return this.servers.filter(
      server => environmentsOf(server, environment).length > 0,
    );
  }
}

function environmentsOf(
  { environments }: PrometheusServer,
  wanted: string | string[] | undefined,
): string[] {
  return wanted === undefined
    ? environments
    : environments.filter(name => [wanted].flat().includes(name));
}

function matchersOf(
  server: PrometheusServer,
  environment: string | string[] | undefined,
): Matchers {
  return {
    ...server.labels,
    environment: environmentsOf(server, environment),
  };
}

function requireOrder({ start, end }: MetricQuery): void {
  if (end < start) {
    throw new InputError('A metric query needs its end after its start');
  }
}

/** Series of the same labels, of whichever server; of a quantile those of its buckets. */
function grouped(
  read: PrometheusSeries[],
  { by = [] }: MetricQuery,
): Array<{ labels: Record<string, string>; series: PrometheusSeries[] }> {
  const groups = new Map<
    string,
    { labels: Record<string, string>; series: PrometheusSeries[] }
  >();
  for (const one of read) {
    const labels = Object.fromEntries(
      by.map(label => [label, one.labels[label] ?? '']),
    );
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, series: [] };
    groups.set(key, group);
    group.series.push(one);
  }
  return [...groups.values()];
}

/** Of series with one point each; undefined where nothing was counted. */
function valueOf(
  series: PrometheusSeries[],
  { aggregation, quantile = 0.5 }: MetricQuery,
): number | undefined {
  const counts = series
    .map(({ labels, points }) => ({ le: labels.le, value: points[0][1] }))
    .filter(({ value }) => Number.isFinite(value));
  if (counts.length === 0) return undefined;
  if (aggregation === 'quantile') {
    const buckets = new Map<number, number>();
    for (const { le, value } of counts) {
      const bound = le === '+Inf' ? Infinity : Number(le);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
    return histogramQuantile(
      quantile,
      [...buckets].map(([le, count]) => ({ le, count })),
    );
  }
  const values = counts.map(({ value }) => value);
  if (aggregation === 'max') return Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  // Whoever adds up what was counted has no use for what was not.
  return aggregation === 'increase' && sum === 0 ? undefined : sum;
}
