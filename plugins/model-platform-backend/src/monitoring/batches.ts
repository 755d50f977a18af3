/** SQLite takes at most 500 rows in one statement. */
const BATCH = 200;

/** So many at a time as one statement takes. */
export function* batches<T>(items: T[]): Iterable<T[]> {
  for (let start = 0; start < items.length; start += BATCH) {
    yield items.slice(start, start + BATCH);
  }
}
