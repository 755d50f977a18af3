import { Knex } from 'knex';
import { Tag } from '../http/readParameters';

interface TagRow {
  model_id: string;
  number: number;
  key: string;
  value: string;
}

/** As many as are asked for in one statement. */
const CHUNK = 100;

/** By which the tags of a model or version are found. */
export const keyOf = (modelId: string, number: number) =>
  number === 0 ? modelId : `${modelId} ${number}`;

/** Tags of models (number 0) and versions, by `keyOf`. */
export async function findTags(
  knex: Knex,
  subjects: Array<{ modelId: string; number: number }>,
): Promise<Map<string, Tag[]>> {
  const found = new Map<string, Tag[]>();
  const numbers = new Set(subjects.map(({ number }) => number));
  const ids = [...new Set(subjects.map(({ modelId }) => modelId))];
  for (const part of chunks(ids)) {
    const query = knex<TagRow>('mlflow_tags').whereIn('model_id', part);
    if (numbers.size <= CHUNK) query.whereIn('number', [...numbers]);
    for (const row of await query.orderBy('key')) {
      const key = keyOf(row.model_id, row.number);
      const tags = found.get(key) ?? [];
      tags.push({ key: row.key, value: row.value });
      found.set(key, tags);
    }
  }
  return found;
}

/** Of two of one name the last one counts. */
export async function putTags(
  tx: Knex.Transaction,
  modelId: string,
  number: number,
  tags: Tag[],
): Promise<void> {
  const rows = [...new Map(tags.map(tag => [tag.key, tag.value]))].map(
    ([key, value]) => ({ model_id: modelId, number, key, value }),
  );
  for (const part of chunks(rows)) {
    await tx('mlflow_tags')
      .insert(part)
      .onConflict(['model_id', 'number', 'key'])
      .merge();
  }
}

export function chunks<T>(items: T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += CHUNK) {
    parts.push(items.slice(start, start + CHUNK));
  }
  return parts;
}
