import { invalidParameter } from '../MlflowError';
import { identifierOf } from './parseTrackingFilter';
import { Entity, TrackingSearchable } from './trackingSearch';

export interface TrackingOrder {
  entity: Entity;
  key: string;
  descending: boolean;
}

const MAX_ORDERS = 100;
const CLAUSE =
  /^\s*((?:[A-Za-z_]\w*\.)?(?:"[^"]*"|`[^`]*`)|[^\s,"`]+)(?:\s+(\S+))?\s*$/;

/** MLflow's `order_by` of runs and experiments. Throws what MLflow answers to others. */
export function parseTrackingOrder(
  clauses: string[] | undefined,
  searchable: TrackingSearchable,
): TrackingOrder[] {
  requireFew(clauses);
  const orders: TrackingOrder[] = [];
  for (const clause of clauses ?? []) {
    const [, name, direction = 'asc'] = CLAUSE.exec(clause) ?? [];
    if (name === undefined) {
      throw invalidParameter(
        `Invalid order_by clause '${clause}'. Could not be parsed.`,
      );
    }
    if (!/^(asc|desc)$/i.test(direction)) {
      throw invalidParameter(
        `Invalid ordering key in order_by clause '${clause}'.`,
      );
    }
    const { entity, key } = identifierOf(name, searchable);
    if (entity === 'dataset') {
      throw invalidParameter(`Invalid identifier type '${entity}'`);
    }
    if (orders.some(one => one.entity === entity && one.key === key)) {
      throw invalidParameter(
        `\`order_by\` contains duplicate fields: [${clauses
          ?.map(one => `'${one}'`)
          .join(', ')}]`,
      );
    }
    orders.push({ entity, key, descending: /^desc$/i.test(direction) });
  }
  return orders;
}

/** The same of logged models, which say it by fields. */
export function parseFieldOrder(
  fields: Array<Record<string, unknown>> | undefined,
  searchable: TrackingSearchable,
): TrackingOrder[] {
  requireFew(fields);
  return (fields ?? []).map(({ field_name: name, ascending = true }) => {
    if (typeof name !== 'string' || name === '') {
      throw invalidParameter(
        '`field_name` in the `order_by` clause must be specified.',
      );
    }
    const [, metric] = /^metrics\.(.+)$/.exec(name) ?? [];
    if (
      metric === undefined &&
      !Object.hasOwn(searchable.texts, name.trim()) &&
      !Object.hasOwn(searchable.numbers, name.trim())
    ) {
      throw invalidParameter(
        name.includes('.')
          ? `Invalid order by field name: ${
              name.split('.')[0]
            }, only \`metrics.<name>\` is allowed.`
          : `Invalid order by field name: ${name}.`,
      );
    }
    return {
      entity: metric === undefined ? 'attribute' : 'metric',
      key: metric ?? name.trim(),
      descending: ascending === false,
    };
  });
}

function requireFew(orders: unknown[] | undefined): void {
  if (orders && orders.length > MAX_ORDERS) {
    throw invalidParameter(
      `'order_by' can have at most ${MAX_ORDERS} clauses, got ${orders.length}`,
    );
  }
}
