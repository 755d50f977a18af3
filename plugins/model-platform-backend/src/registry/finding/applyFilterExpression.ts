import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { isPostgres } from './createSearchIndex';
import { FilterExpression } from './FilterExpression';
import {
  columnOf,
  DateKey,
  isColumnKey,
  isDateKey,
  NAME_KEY,
} from './filterKeys';
import { MAX_COLUMN_LENGTH, MAX_VALUE_LENGTH } from './facetsOf';
import { AddWithin, Sought } from './Sought';
import { typedValue } from './typedValue';

const dateColumns: Record<DateKey, string> = {
  createdAt: 'registry_models.created_at',
  updatedAt: 'registry_models.updated_at',
};

/** Adds a filter to a query over `registry_models`; values are bound, never written into it. */
export function applyFilterExpression(
  query: Knex.QueryBuilder,
  expression: FilterExpression,
  tools: { knex: Knex; addWithin: AddWithin },
): void {
  switch (expression.type) {
    case 'and':
      for (const one of expression.parts)
        query.andWhere(part => applyFilterExpression(part, one, tools));
      break;
    case 'or':
      for (const one of expression.parts)
        query.orWhere(part => applyFilterExpression(part, one, tools));
      break;
    case 'not':
      query.whereNot(part =>
        applyFilterExpression(part, expression.part, tools),
      );
      break;
    case 'is':
      applyValues(query, expression.key, expression.values, tools);
      break;
    case 'exists':
      tools.addWithin(query, withFacet(tools.knex, expression.key));
      break;
    default:
      applyComparison(query, expression, tools);
  }
}

/** Adds that one of the values is met. */
export function applyValues(
  query: Knex.QueryBuilder,
  key: string,
  given: string[],
  tools: { knex: Knex; addWithin: AddWithin },
): void {
  const values = given.flatMap(value => spellings(key, value));
  if (key === 'archived') {
    const archived = values.includes('true');
    const live = values.includes('false');
    if (archived && !live) query.whereNotNull('registry_models.archived_at');
    else if (live && !archived) query.whereNull('registry_models.archived_at');
    else query.whereRaw(live ? '1 = 1' : '1 = 0');
  } else if (key === NAME_KEY) {
    query.whereIn('registry_models.name', values);
  } else if (isColumnKey(key)) {
    query.whereIn(`registry_models.${columnOf(key)}`, values);
    // Without a value it is not met, rather than not known: `not` must turn it round.
    if (key === 'theme' || key === 'risk')
      query.whereNotNull(`registry_models.${key}`);
  } else {
    tools.addWithin(
      query,
      withFacet(tools.knex, key, facets => facets.whereIn('value', values)),
    );
  }
}

function applyComparison(
  query: Knex.QueryBuilder,
  comparison: FilterExpression & { type: 'compare' },
  tools: { knex: Knex; addWithin: AddWithin },
): void {
  const { key, operator, kind, value } = comparison;
  if (isDateKey(key)) {
    query.where(dateColumns[key], operator, new Date(value).toISOString());
  } else {
    tools.addWithin(
      query,
      withFacet(tools.knex, key, facets =>
        facets.where(`${kind}_value`, operator, value),
      ),
    );
  }
}

/** Models with a value of a key, any or such a one. */
function withFacet(
  knex: Knex,
  key: string,
  narrow: (facets: Knex.QueryBuilder) => void = () => {},
): Sought {
  const facets = () => {
    const select = knex('registry_facets').select('model_id');
    narrow(select);
    return select;
  };
  return {
    all: facets().where('key', key),
    one: facets()
      .whereRaw('model_id = registry_models.id')
      // The sign keeps SQLite from an index that has those of all models.
      .whereRaw(isPostgres(knex) ? '?? = ?' : '+?? = ?', ['key', key]),
  };
}

/** How a value may be stored: refs in full, numbers as JSON writes them. */
function spellings(key: string, value: string): string[] {
  if (key === 'owner') return [toEntityRef(value, 'group')];
  if (key === 'system') return [toSystemName(value)];
  if (key === 'theme' || key === 'risk')
    return [value.slice(0, MAX_COLUMN_LENGTH)];
  const short = value.slice(0, MAX_VALUE_LENGTH);
  const typed = typedValue(value);
  return typed?.kind === 'number' ? [short, String(typed.value)] : [short];
}
