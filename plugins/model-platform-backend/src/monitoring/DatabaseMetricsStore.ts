import {
  EndpointScope,
  MetricQuery,
  MetricSample,
  MetricSeries,
  MetricsStore,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { AddedPoint, addPoints } from './addPoints';
import { batches } from './batches';
import { gaugeMeans } from './gaugeMeans';
import { GatewayReadings } from './GatewayReadings';
import { RESOLUTIONS } from './metricLayout';
import { CounterRow, PointRow, SeriesRow, TargetRow } from './metricRows';
import { MetricSeriesTable } from './MetricSeriesTable';
import { queryPoints } from './queryPoints';
import { MAX_SERIES, ownerKey, ownerOf, Scrape, ScrapedSample } from './Scrape';

/** Reading all targets may take longer than the interval in which they are read. */
const MIN_SHOWN_MS = 60_000;

/**
 * Metrics in the platform's own database. Counters are kept as increases per
 * span of time, at three widths at once, so that a query reads few rows
 * whatever its range, and old spans are dropped without being recomputed.
 */
export class DatabaseMetricsStore implements MetricsStore {
  static create(options: {
    knex: Knex;
    maxSeries?: number;
    /** How often each target is read, milliseconds. */
    intervalMs?: number;
  }): DatabaseMetricsStore {
    const { knex, maxSeries = MAX_SERIES, intervalMs = 0 } = options;
    return new DatabaseMetricsStore(
      knex,
      maxSeries,
      Math.max(MIN_SHOWN_MS, 2 * intervalMs),
    );
  }

  private readonly series: MetricSeriesTable;

  private readonly gateways: GatewayReadings;

  private constructor(
    private readonly knex: Knex,
    maxSeries: number,
    /** How long the gauges of a target count that is not read any more. */
    private readonly shownMs: number,
  ) {
    this.series = new MetricSeriesTable(maxSeries);
    this.gateways = new GatewayReadings(knex);
  }

  /**
   * Adds a scrape, with what must be remembered for the next one, in one
   * transaction: nothing is counted twice or lost by a crash.
   *
   * @returns how many samples were left out, by key of their owner, because it
   * has too many series
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
      const ids = await this.series.idsOf(tx, samples, atSeconds);
      const leftOut = new Map<string, number>();
      const values = new Map<number, Pick<ScrapedSample, 'kind' | 'value'>>();
      for (const [index, sample] of samples.entries()) {
        const id = ids[index];
        if (id === undefined) {
          const owner = ownerKey(ownerOf(sample));
          leftOut.set(owner, (leftOut.get(owner) ?? 0) + 1);
          continue;
        }
        // Samples may differ in nothing but labels that are not kept.
        const { kind, value } = sample;
        const same = kind === 'counter' ? values.get(id)?.value ?? 0 : 0;
        values.set(id, { kind, value: same + value });
      }
      const last = new Map(
        (await this.lastOf(tx, scrape.target)).map(row => [row.series_id, row]),
      );
      const means = await gaugeMeans(tx, values, {
        target: scrape.target,
        sinceMs: scrape.at.getTime() - this.shownMs,
      });
      const points = new Map<number, AddedPoint>();
      const changed: CounterRow[] = [];
      for (const [id, { kind, value }] of values) {
        const before = last.get(id)?.value;
        if (kind === 'gauge') {
          points.set(id, {
            kind,
            value: means.get(id) ?? value,
            highest: value,
          });
        } else {
          const isReset = before === undefined || restarted || value < before;
          const increase = isReset ? value : value - before;
          if (increase > 0) {
            points.set(id, { kind, value: increase, highest: increase });
          }
        }
        if (before !== value) {
          changed.push({ target: scrape.target, series_id: id, value });
        }
      }
      await addPoints(tx, points, atSeconds);
      for (const batch of batches(changed)) {
        await tx<CounterRow>('metric_counters')
          .insert(batch)
          .onConflict(['target', 'series_id'])
          .merge();
      }
      // What a gauge of it showed before it was started again is no value of it now.
      const hidden = [...last.values()].filter(
        ({ series_id, kind }) => kind === 'gauge' && !values.has(series_id),
      );
      for (const batch of batches(hidden.map(({ series_id }) => series_id))) {
        await tx<CounterRow>('metric_counters')
          .where({ target: scrape.target })
          .whereIn('series_id', batch)
          .delete();
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

  /** What a target told when it was last read. */
  private async lastOf(
    tx: Knex,
    target: string,
  ): Promise<Array<CounterRow & Pick<SeriesRow, 'kind'>>> {
    return await tx({ c: 'metric_counters' })
      .join({ s: 'metric_series' }, 's.id', 'c.series_id')
      .where('c.target', target)
      .select('c.target', 'c.series_id', 'c.value', 's.kind');
  }

  async range(
    query: MetricQuery & { stepSeconds: number },
  ): Promise<MetricSeries[]> {
    return await queryPoints(this.knex, query, query.stepSeconds);
  }

  async instant(query: MetricQuery): Promise<MetricSample[]> {
    const series = await queryPoints(this.knex, query, undefined);
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
    this.gateways.expect(driver, targets);
  }

  async collectedAt(of?: EndpointScope): Promise<Date | undefined> {
    return of ? await this.gateways.readOf(of) : await this.lastRead();
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
    await this.knex<SeriesRow>('metric_series')
      .where('last_at', '<', oldest)
      .delete();
    // Nor is what ended long ago remembered for ever.
    this.series.forget();
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
}
