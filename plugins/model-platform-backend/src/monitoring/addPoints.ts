import { Knex } from 'knex';
import { batches } from './batches';
import { RESOLUTIONS } from './metricLayout';
import { SeriesRow } from './metricRows';
import { ScrapedSample } from './Scrape';

/** What a counter has grown by, or what a gauge shows; `highest` at one target alone. */
export interface AddedPoint {
  kind: ScrapedSample['kind'];
  value: number;
  highest: number;
}

/**
 * Adds what counters have grown by, and what gauges show, by the id of their
 * series. All transactions lock rows in the same order, so that none waits for
 * one that waits for it: counters before gauges, as a series is of one kind,
 * then by resolution, of which each has one start, and by series.
 */
export async function addPoints(
  tx: Knex.Transaction,
  points: Map<number, AddedPoint>,
  atSeconds: number,
): Promise<void> {
  const sorted = [...points.entries()].sort(([a], [b]) => a - b);
  const rows = (kind: ScrapedSample['kind']) =>
    RESOLUTIONS.flatMap(({ seconds }) =>
      sorted
        .filter(([, point]) => point.kind === kind)
        .map(([series_id, { value, highest }]) => ({
          series_id,
          resolution: seconds,
          start: Math.floor(atSeconds / seconds) * seconds,
          value,
          highest,
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
  for (const batch of batches(sorted.map(([id]) => id))) {
    // An update would lock them in whatever order it finds them.
    const stale = await tx<SeriesRow>('metric_series')
      .whereIn('id', batch)
      .andWhere('last_at', '<', atSeconds - 3_600)
      .orderBy('id')
      .forUpdate()
      .pluck('id');
    if (stale.length > 0) {
      await tx<SeriesRow>('metric_series')
        .whereIn('id', stale)
        .update({ last_at: atSeconds });
    }
  }
}
