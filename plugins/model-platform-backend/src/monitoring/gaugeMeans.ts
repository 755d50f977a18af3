import { Knex } from 'knex';
import { batches } from './batches';
import { ScrapedSample } from './Scrape';

/**
 * Of each gauge that a target shows, the mean over all targets that show it, by
 * the id of its series. Of two that are read at once, neither knows the other's
 * new value: the mean may be behind by one reading.
 *
 * @param of - the target that was read, and since when others must have been to
 * count, Unix time in milliseconds
 */
export async function gaugeMeans(
  tx: Knex,
  values: Map<number, Pick<ScrapedSample, 'kind' | 'value'>>,
  of: { target: string; sinceMs: number },
): Promise<Map<number, number>> {
  const gauges = [...values].filter(([, { kind }]) => kind === 'gauge');
  const means = new Map<number, number>();
  for (const batch of batches(gauges)) {
    const others: Array<{
      series_id: number;
      sum: number;
      count: number | string;
    }> = await tx({ c: 'metric_counters' })
      .join({ t: 'metric_targets' }, 't.id', 'c.target')
      .whereIn(
        'c.series_id',
        batch.map(([id]) => id),
      )
      .andWhere('t.scraped_at', '>=', of.sinceMs)
      .andWhereNot('t.id', of.target)
      .groupBy('c.series_id')
      .select(
        'c.series_id',
        tx.raw('sum(c.value) as sum'),
        tx.raw('count(*) as count'),
      );
    const byId = new Map(others.map(row => [row.series_id, row]));
    for (const [id, { value }] of batch) {
      const { sum = 0, count = 0 } = byId.get(id) ?? {};
      means.set(id, (sum + value) / (Number(count) + 1));
    }
  }
  return means;
}
