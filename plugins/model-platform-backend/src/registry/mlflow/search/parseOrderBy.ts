import { invalidParameter } from '../MlflowError';
import { setOf } from './parseFilter';

export interface Order {
  key: string;
  descending: boolean;
}

/** MLflow's `order_by`: `name`, `name DESC`. Throws what MLflow answers to others. */
export function parseOrderBy(
  clauses: string[] | undefined,
  valid: { keys: string[]; wrong(key: string): string },
): Order[] {
  const orders: Order[] = [];
  for (const clause of clauses ?? []) {
    const [key, direction, ...rest] = clause
      .trim()
      .split(/\s+/)
      .map(word => word.replace(/^(["`])(.*)\1$/, '$2'));
    if (rest.length > 0 || clause.includes(',')) {
      throw invalidParameter(
        `Invalid order_by clause '${clause}'. Could not be parsed.`,
      );
    }
    if (direction !== undefined && !/^(asc|desc)$/i.test(direction)) {
      throw invalidParameter(
        `Invalid ordering key in order_by clause '${clause}'.`,
      );
    }
    const plain = key.replace(/^attribute\./, '');
    if (!valid.keys.includes(plain)) {
      throw invalidParameter(valid.wrong(plain));
    }
    if (orders.some(order => order.key === plain)) {
      throw invalidParameter(
        `\`order_by\` contains duplicate fields: [${clauses
          ?.map(one => `'${one}'`)
          .join(', ')}]`,
      );
    }
    orders.push({ key: plain, descending: /^desc$/i.test(direction ?? '') });
  }
  return orders;
}

export const modelOrder = {
  keys: ['name', 'timestamp', 'last_updated_timestamp'],
  wrong: (key: string) =>
    `Invalid order by key '${key}' specified. Valid keys are '${setOf([
      'name',
      'timestamp',
    ])}'`,
};

export const versionOrder = {
  keys: [
    'name',
    'version_number',
    'creation_timestamp',
    'last_updated_timestamp',
  ],
  wrong: (key: string) =>
    `Invalid attribute key '${key}' specified. Valid keys are '${setOf([
      'version_number',
      'name',
      'creation_timestamp',
      'last_updated_timestamp',
    ])}'`,
};
