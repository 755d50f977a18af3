import { createHash } from 'node:crypto';
import { InputError } from '@backstage/errors';
import {
  EndpointScope,
  histogramQuantile,
  MetricQuery,
  MetricSample,
  MetricSeries,
  MetricsStore,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { LABEL_COLUMNS, RESOLUTIONS, resolutionFor } from './metricLayout';

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

interface SeriesRow {
  id: number;
  fingerprint: string;
  metric: string;
  kind: string;
  extra: string;
  last_at: number | string;
  [label: string]: unknown;
}

interface PointRow {
  series_id: number;
  resolution: number;
  start: number | string;
  value: number;
  highest: number;
}

interface TargetRow {
  id: string;
  started_at: number | null;
  scraped_at: number | string;
}

interface CounterRow {
  target: string;
  series_id: number;
  value: number;
}

/**
 * Of one system; more than this many are a mistake of whoever counts, and
 * further ones are not kept. None takes the place of another system's.
 */
const MAX_SERIES = 10_000;
/** SQLite takes at most 500 rows in one statement. */
const BATCH = 200;

/**
 * Metrics in the platform's own database. Counters are kept as increases per
 * span of time, at three widths at once, so that a query reads few rows
 * whatever its range, and old spans are dropped without being recomputed.
 */
export class DatabaseMetricsStore implements MetricsStore {
  static create(options: {
    knex: Knex;
    maxSeries?: number;
  }): DatabaseMetricsStore {
    return new DatabaseMetricsStore(
      options.knex,
      options.maxSeries ?? MAX_SERIES,
    );
  }

  private readonly seriesIds = new Map<string, number>();

  /** That take calls, by the name of their driver; known where this process collects. */
  private readonly gateways = new Map<
    string,
    {
      environments: readonly string[];
      targets: Array<{ target: ScrapeTarget; since: number }>;
    }
  >();

  /** By system; undefined where they must be counted again. */
  private seriesCounts: Map<string, number> | undefined;

  private constructor(
    private readonly knex: Knex,
    private readonly maxSeries: number,
  ) {}

  /**
   * Adds a scrape, with what must be remembered for the next one, in one
   * transaction: nothing is counted twice or lost by a crash.
   *
   * @returns how many samples of which system were left out because it has too
   * many series
   */
  async write(
    scrape: Scrape,
    guard?: (tx: Knex) => Promise<void>,
  ): Promise<Map<string, number>> {
    const atSeconds = Math.floor(scrape.at.getTime() / 1000);
    return await this.knex.transaction(async tx => {
      await guard?.(tx);
      const target = await tx<TargetRow>('metric_targets')
        .where({ id: scrape.target })
        .first();
      const restarted =
        target?.started_at !== null &&
        target?.started_at !== undefined &&
        scrape.startedAt !== undefined &&
        Math.abs(target.started_at - scrape.startedAt) > 1;
      const { samples } = scrape;
      const ids = await this.seriesOf(tx, samples, atSeconds);
      const last = new Map(
        (
          await tx<CounterRow>('metric_counters').where({
            target: scrape.target,
          })
        ).map(row => [row.series_id, row.value]),
      );
      const points = new Map<
        number,
        { kind: ScrapedSample['kind']; value: number }
      >();
      const counters: CounterRow[] = [];
      const leftOut = new Map<string, number>();
      for (const [index, sample] of samples.entries()) {
        const id = ids[index];
        if (id === undefined) {
          const system = systemOf(sample);
          leftOut.set(system, (leftOut.get(system) ?? 0) + 1);
          continue;
        }
        if (sample.kind === 'gauge') {
          points.set(id, { kind: 'gauge', value: sample.value });
          continue;
        }
        const before = last.get(id);
        const isReset =
          before === undefined || restarted || sample.value < before;
        const increase = isReset ? sample.value : sample.value - before;
        if (increase > 0) {
          points.set(id, { kind: 'counter', value: increase });
        }
        if (before !== sample.value) {
          counters.push({
            target: scrape.target,
            series_id: id,
            value: sample.value,
          });
        }
      }
      await this.addPoints(tx, points, atSeconds);
      for (const batch of batches(counters)) {
        await tx<CounterRow>('metric_counters')
          .insert(batch)
          .onConflict(['target', 'series_id'])
          .merge();
      }
      await tx<TargetRow>('metric_targets')
        .insert({
          id: scrape.target,
          started_at: scrape.startedAt ?? null,
          scraped_at: scrape.at.getTime(),
        })
        .onConflict('id')
        .merge();
      return leftOut;
    });
  }

  async range(
    query: MetricQuery & { stepSeconds: number },
  ): Promise<MetricSeries[]> {
    return await this.query(query, query.stepSeconds);
  }

  async instant(query: MetricQuery): Promise<MetricSample[]> {
    const series = await this.query(query, undefined);
    return series.flatMap(({ labels, points }) =>
      points.length > 0
        ? [{ labels, value: points[points.length - 1][1] }]
        : [],
    );
  }

  /** What a driver names now: nothing is complete before all of it was read. */
  expect(
    driver: { name: string; environments: readonly string[] },
    targets: readonly ScrapeTarget[],
  ): void {
    const before = this.gateways.get(driver.name)?.targets;
    // What was there before anybody looked may have counted, what came since has counted since.
    const first = before ? Date.now() : 0;
    const known = new Map(
      before?.map(({ target, since }) => [target.id, since]),
    );
    this.gateways.set(driver.name, {
      environments: driver.environments,
      targets: targets
        .filter(({ kind, isAway }) => kind === 'gateway' && !isAway)
        .map(target => ({ target, since: known.get(target.id) ?? first })),
    });
  }

  async collectedAt(of?: EndpointScope): Promise<Date | undefined> {
    return of ? await this.readOf(of) : await this.lastRead();
  }

  private async readOf({
    system,
    environment,
  }: EndpointScope): Promise<Date | undefined> {
    const own = [...this.gateways.values()]
      .filter(({ environments }) => environments.includes(environment))
      .flatMap(({ targets }) => targets)
      .filter(
        ({ target: { serves } }) =>
          !serves ||
          (serves.system === system && serves.environment === environment),
      );
    if (own.length === 0) return undefined;
    const rows = await this.knex<TargetRow>('metric_targets')
      .select('id', 'scraped_at')
      .whereIn(
        'id',
        own.map(({ target }) => target.id),
      );
    const readAt = new Map(rows.map(row => [row.id, Number(row.scraped_at)]));
    const at = Math.min(
      ...own.map(({ target, since }) => readAt.get(target.id) ?? since),
    );
    return at > 0 ? new Date(at) : undefined;
  }

  private async lastRead(): Promise<Date | undefined> {
    const row = await this.knex<TargetRow>('metric_targets')
      .max({ at: 'scraped_at' })
      .first<{ at?: number | string | null }>();
    return row?.at === null || row?.at === undefined
      ? undefined
      : new Date(Number(row.at));
  }

  /** Drops what is older than it is kept, and series and targets without anything left. */
  async clean(now: Date): Promise<void> {
    const seconds = Math.floor(now.getTime() / 1000);
    for (const { seconds: resolution, keepSeconds } of RESOLUTIONS) {
      await this.knex<PointRow>('metric_points')
        .where({ resolution })
        .andWhere('start', '<', seconds - keepSeconds)
        .delete();
    }
    const oldest = seconds - RESOLUTIONS[2].keepSeconds;
    const removed = await this.knex<SeriesRow>('metric_series')
      .where('last_at', '<', oldest)
      .delete();
    if (removed > 0) {
      this.seriesIds.clear();
      this.seriesCounts = undefined;
    }
    // A target that is gone does not come back under the same id after so long.
    const gone = this.knex<TargetRow>('metric_targets')
      .select('id')
      .where('scraped_at', '<', now.getTime() - 30 * 86_400_000);
    await this.knex<CounterRow>('metric_counters')
      .whereIn('target', gone.clone())
      .delete();
    await this.knex<TargetRow>('metric_targets')
      .where('scraped_at', '<', now.getTime() - 30 * 86_400_000)
      .delete();
  }

  /** Without a step there is one bucket from start to end. */
  private async query(
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
        ? this.knex.raw('max(p.highest) as value')
        : this.knex.raw('sum(p.value) as value');
    const select = this.knex({ p: 'metric_points' })
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
      .select(...groupColumns, this.knex.raw(`${bucket} as bucket`), value)
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

  private async seriesOf(
    tx: Knex.Transaction,
    samples: ScrapedSample[],
    atSeconds: number,
  ): Promise<Array<number | undefined>> {
    const prints = samples.map(fingerprintOf);
    const unknown = samples
      .map((sample, index) => ({ sample, fingerprint: prints[index] }))
      .filter(({ fingerprint }) => !this.seriesIds.has(fingerprint));
    if (unknown.length > 0) {
      const learned = await this.createSeries(tx, unknown, atSeconds);
      // Ids are remembered only once the transaction that made them is in force.
      tx.executionPromise.then(
        () => {
          for (const [fingerprint, id] of learned) {
            this.seriesIds.set(fingerprint, id);
          }
        },
        () => {
          this.seriesCounts = undefined;
        },
      );
      return prints.map(
        print => this.seriesIds.get(print) ?? learned.get(print),
      );
    }
    return prints.map(print => this.seriesIds.get(print));
  }

  private async createSeries(
    tx: Knex.Transaction,
    wanted: Array<{ sample: ScrapedSample; fingerprint: string }>,
    atSeconds: number,
  ): Promise<Map<string, number>> {
    const counts = await this.countSeries(tx);
    const learned = new Map<string, number>();
    const learn = async (prints: string[]) => {
      for (const batch of batches(prints)) {
        const rows = await tx<SeriesRow>('metric_series')
          .select('id', 'fingerprint')
          .whereIn('fingerprint', batch);
        for (const row of rows) {
          learned.set(row.fingerprint, row.id);
        }
      }
    };
    await learn(wanted.map(({ fingerprint }) => fingerprint));
    const missing = wanted.filter(({ sample, fingerprint }) => {
      const system = systemOf(sample);
      const count = counts.get(system) ?? 0;
      if (learned.has(fingerprint) || count >= this.maxSeries) {
        return false;
      }
      counts.set(system, count + 1);
      return true;
    });
    for (const batch of batches(missing)) {
      await tx('metric_series')
        .insert(
          batch.map(({ sample, fingerprint }) =>
            toSeriesRow(sample, fingerprint, atSeconds),
          ),
        )
        .onConflict('fingerprint')
        .ignore();
    }
    await learn(missing.map(({ fingerprint }) => fingerprint));
    return learned;
  }

  private async countSeries(
    tx: Knex.Transaction,
  ): Promise<Map<string, number>> {
    if (!this.seriesCounts) {
      const rows = await tx<SeriesRow>('metric_series')
        .select('system')
        .count({ count: '*' })
        .groupBy('system');
      this.seriesCounts = new Map(
        rows.map(({ system, count }) => [String(system), Number(count)]),
      );
    }
    return this.seriesCounts;
  }

  private async addPoints(
    tx: Knex.Transaction,
    points: Map<number, { kind: ScrapedSample['kind']; value: number }>,
    atSeconds: number,
  ): Promise<void> {
    const rows = (kind: ScrapedSample['kind']) =>
      RESOLUTIONS.flatMap(({ seconds }) =>
        [...points.entries()]
          .filter(([, point]) => point.kind === kind)
          .map(([series_id, { value }]) => ({
            series_id,
            resolution: seconds,
            start: Math.floor(atSeconds / seconds) * seconds,
            value,
            highest: value,
          })),
      );
    for (const batch of batches(rows('counter'))) {
      await tx('metric_points')
        .insert(batch)
        .onConflict(['series_id', 'resolution', 'start'])
        .merge({
          value: tx.raw('metric_points.value + excluded.value'),
          highest: tx.raw('metric_points.highest + excluded.highest'),
        });
    }
    for (const batch of batches(rows('gauge'))) {
      await tx('metric_points')
        .insert(batch)
        .onConflict(['series_id', 'resolution', 'start'])
        .merge({
          value: tx.raw('excluded.value'),
          highest: tx.raw(
            'case when excluded.highest > metric_points.highest then excluded.highest else metric_points.highest end',
          ),
        });
    }
    const ids = [...points.keys()];
    for (const batch of batches(ids)) {
      await tx<SeriesRow>('metric_series')
        .whereIn('id', batch)
        .andWhere('last_at', '<', atSeconds - 3_600)
        .update({ last_at: atSeconds });
    }
  }
}

interface Cell {
  sum: number;
  highest: number;
  les: Map<number, number>;
  last: Map<number, { start: number; value: number }>;
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

/** Empty where the sample is of none. */
export function systemOf(sample: ScrapedSample): string {
  return sample.labels.system ?? '';
}

function toSeriesRow(
  sample: ScrapedSample,
  fingerprint: string,
  atSeconds: number,
) {
  const extra: Record<string, string> = {};
  const row: Record<string, string | number> = {
    fingerprint,
    metric: sample.metric,
    kind: sample.kind,
    last_at: atSeconds,
  };
  for (const label of LABEL_COLUMNS) {
    row[label] = '';
  }
  for (const [label, value] of Object.entries(sample.labels)) {
    if (LABEL_COLUMNS.includes(label)) {
      row[label] = value.slice(0, 255);
    } else {
      extra[label] = value.slice(0, 255);
    }
  }
  row.extra = JSON.stringify(extra);
  return row;
}

function fingerprintOf(sample: ScrapedSample): string {
  const labels = Object.entries(sample.labels).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return createHash('sha256')
    .update(JSON.stringify([sample.metric, labels]))
    .digest('hex');
}

function* batches<T>(items: T[]): Iterable<T[]> {
  for (let start = 0; start < items.length; start += BATCH) {
    yield items.slice(start, start + BATCH);
  }
}
