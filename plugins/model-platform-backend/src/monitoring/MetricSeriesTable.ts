import { createHash } from 'node:crypto';
import { Knex } from 'knex';
import { batches } from './batches';
import { LABEL_COLUMNS } from './metricLayout';
import { SeriesRow } from './metricRows';
import { ownerKey, ownerOf, ScrapedSample, SeriesOwner } from './Scrape';

/** Which series samples are of; those that are new are made, as many as one owner may have. */
export class MetricSeriesTable {
  private readonly seriesIds = new Map<string, number>();

  /** By owner, as far as they were counted. */
  private readonly seriesCounts = new Map<string, number>();

  constructor(private readonly maxSeries: number) {}

  /** Some of them are not there any more. */
  forget(): void {
    this.seriesIds.clear();
    this.seriesCounts.clear();
  }

  /** In the order of the samples; undefined where their owner has too many. */
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
        () => this.seriesCounts.clear(),
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
    const counts = await this.countSeries(
      tx,
      wanted.map(({ sample }) => ownerOf(sample)),
    );
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
      const owner = ownerKey(ownerOf(sample));
      const count = counts.get(owner) ?? 0;
      if (learned.has(fingerprint) || count >= this.maxSeries) {
        return false;
      }
      counts.set(owner, count + 1);
      return true;
    });
    // All transactions lock them in the same order: none waits for one that waits for it.
    missing.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
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
    owners: SeriesOwner[],
  ): Promise<Map<string, number>> {
    const counts = this.seriesCounts;
    const uncounted = owners.filter(owner => !counts.has(ownerKey(owner)));
    const endpoints = [...new Set(uncounted.map(({ endpoint }) => endpoint))];
    for (const batch of batches(endpoints)) {
      const rows = await tx<SeriesRow>('metric_series')
        .select('system', 'endpoint', 'revision')
        .count({ count: '*' })
        .whereIn('endpoint', batch)
        .groupBy('system', 'endpoint', 'revision');
      for (const { count, ...owner } of rows) {
        counts.set(ownerKey(owner as unknown as SeriesOwner), Number(count));
      }
    }
    for (const owner of uncounted) {
      const key = ownerKey(owner);
      counts.set(key, counts.get(key) ?? 0);
    }
    return counts;
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
