import { createHash } from 'node:crypto';
import { Knex } from 'knex';
import { batches } from './batches';
import { LABEL_COLUMNS } from './metricLayout';
import { SeriesRow } from './metricRows';
import { ScrapedSample, systemOf } from './Scrape';

/** Which series samples are of; those that are new are made, as many as a system may have. */
export class MetricSeriesTable {
  private readonly seriesIds = new Map<string, number>();

  /** By system; undefined where they must be counted again. */
  private seriesCounts: Map<string, number> | undefined;

  constructor(private readonly maxSeries: number) {}

  /** Some of them are not there any more. */
  forget(): void {
    this.seriesIds.clear();
    this.seriesCounts = undefined;
  }

  /** In the order of the samples; undefined where their system has too many. */
  async idsOf(
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
