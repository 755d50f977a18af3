import { Knex } from 'knex';
import { batches } from './batches';
import { RESOLUTIONS } from './metricLayout';
import { SeriesRow } from './metricRows';
import { ScrapedSample } from './Scrape';

/** Adds what counters have grown by, and what gauges show, by the id of their series. */
export async function addPoints(
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
