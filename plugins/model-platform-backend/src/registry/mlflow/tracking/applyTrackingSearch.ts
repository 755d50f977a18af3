import { Knex } from 'knex';
import { applyText, isSqlite } from '../search/applyComparisons';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';
import { TrackingSearchable } from '../search/trackingSearch';

/** Of which table a search is, and by which column the metrics are of its rows. */
export interface Searched {
  table: string;
  searchable: TrackingSearchable;
  metricsBy?: 'run_id' | 'logged_model_id';
}

const DATASET = 'dataset';

/** Adds the comparisons of a search of tracking to a query over its table. */
export function applyTrackingComparisons(
  knex: Knex,
  query: Knex.QueryBuilder,
  searched: Searched,
  comparisons: TrackingComparison[],
): void {
  const { table, searchable } = searched;
  for (const { entity, key, operator, value } of comparisons) {
    if (entity === 'metric') {
      const latest = latestMetric(knex, searched, key);
      const compared = knex.raw(`(??) ${operator} ?`, [latest, value ?? 0]);
      // NaN is unequal to everything, and nothing else.
      if (operator === '!=') {
        query.where(either =>
          either
            .where(compared)
            .orWhereRaw('(??) = ?', [latestText(knex, searched, key), 'NaN']),
        );
      } else {
        query.where(compared);
      }
    } else if (entity === 'parameter' || entity === 'tag') {
      const fact = factOf(knex, table, entity, key).select(knex.raw('1'));
      if (operator === 'IS NULL') {
        query.whereNotExists(fact);
      } else {
        if (operator !== 'IS NOT NULL') {
          applyText(fact, 'mlflow_facts.value', operator, String(value));
        }
        query.whereExists(fact);
      }
    } else if (entity === 'dataset') {
      const dataset = knex('mlflow_facts')
        .select(knex.raw('1'))
        .whereRaw('mlflow_facts.subject_id = ??', [`${table}.id`])
        .where('mlflow_facts.kind', DATASET);
      applyList(dataset, datasetField(knex, key), operator, value);
      query.whereExists(dataset);
    } else if (Object.hasOwn(searchable.numbers, key)) {
      const { column, iso } = searchable.numbers[key];
      query.where(
        `${table}.${column}`,
        operator,
        iso ? isoOf(Number(value)) : Number(value),
      );
    } else {
      applyList(query, `${table}.${searchable.texts[key]}`, operator, value);
    }
  }
}

/** Adds the orders of a search; what has no value comes last. */
export function applyTrackingOrders(
  knex: Knex,
  query: Knex.QueryBuilder,
  searched: Searched,
  orders: TrackingOrder[],
): void {
  const { table, searchable } = searched;
  for (const { entity, key, descending } of orders) {
    const direction = descending ? 'desc' : 'asc';
    if (entity === 'attribute') {
      const column = `${table}.${
        searchable.numbers[key]?.column ?? searchable.texts[key]
      }`;
      query.orderByRaw(`case when ?? is null then 1 else 0 end`, [column]);
      query.orderBy(column, direction);
    } else if (entity === 'metric') {
      const text = latestText(knex, searched, key);
      query.orderByRaw(
        `case when (??) = 'NaN' then 1 when (??) is null then 2 else 0 end`,
        [text, text],
      );
      query.orderByRaw(`(??) ${direction}`, [
        latestMetric(knex, searched, key),
      ]);
    } else {
      const value = factOf(
        knex,
        table,
        entity === 'tag' ? 'tag' : 'parameter',
        key,
      ).select('mlflow_facts.value');
      query.orderByRaw(`case when (??) is null then 1 else 0 end`, [value]);
      query.orderByRaw(`(??) ${direction}`, [value]);
    }
  }
}

function factOf(
  knex: Knex,
  table: string,
  entity: 'parameter' | 'tag',
  key: string,
): Knex.QueryBuilder {
  return knex('mlflow_facts')
    .whereRaw('mlflow_facts.subject_id = ??', [`${table}.id`])
    .where({
      'mlflow_facts.kind': entity === 'tag' ? 'tag' : 'param',
      'mlflow_facts.key': key,
    });
}

/** As it is kept; the one with the highest step, of these the latest. */
function latestText(
  knex: Knex,
  { table, metricsBy = 'run_id' }: Searched,
  key: string,
): Knex.QueryBuilder {
  return knex('mlflow_metrics')
    .whereRaw('?? = ??', [`mlflow_metrics.${metricsBy}`, `${table}.id`])
    .where('mlflow_metrics.key', key)
    .orderBy([
      { column: 'mlflow_metrics.step', order: 'desc' },
      { column: 'mlflow_metrics.at', order: 'desc' },
      { column: 'mlflow_metrics.id', order: 'desc' },
    ])
    .limit(1)
    .select('mlflow_metrics.value');
}

/** The same as a number; null where it is none. */
function latestMetric(knex: Knex, searched: Searched, key: string) {
  const number = isSqlite(knex)
    ? `case mlflow_metrics.value when 'NaN' then null when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(mlflow_metrics.value as real) end`
    : `nullif(mlflow_metrics.value, 'NaN')::double precision`;
  return latestText(knex, searched, key).clearSelect().select(knex.raw(number));
}

function datasetField(knex: Knex, key: string): Knex.Raw {
  return isSqlite(knex)
    ? knex.raw(`json_extract(mlflow_facts.value, ?)`, [`$.${key}`])
    : knex.raw(`(mlflow_facts.value::jsonb) ->> ?`, [key]);
}

function applyList(
  query: Knex.QueryBuilder,
  column: string | Knex.Raw,
  operator: string,
  value: TrackingComparison['value'],
): void {
  if (Array.isArray(value)) {
    const marks = value.map(() => '?').join(', ');
    query.whereRaw(`?? ${operator} (${marks})`, [column, ...value]);
  } else {
    applyText(query, column, operator, String(value));
  }
}

/** The times that are kept sort as texts; what is beyond them is before or after all. */
function isoOf(ms: number): string {
  const time = new Date(ms);
  if (!Number.isNaN(time.getTime()) && ms >= 0) return time.toISOString();
  return ms < 0 ? '' : '9';
}
