import { invalidParameter } from '../MlflowError';
import { Clause, clausesOf, quoted, quotedList, setOf } from './parseFilter';
import { Token } from './tokenize';
import { Entity, TrackingSearchable } from './trackingSearch';

/** One comparison of a search of tracking; all of them must hold. */
export interface TrackingComparison {
  entity: Entity;
  key: string;
  operator: string;
  /** Absent for IS NULL and IS NOT NULL. */
  value?: string | number | string[];
}

const names: Record<string, Entity> = {
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  metric: 'metric',
  metrics: 'metric',
  parameter: 'parameter',
  parameters: 'parameter',
  param: 'parameter',
  params: 'parameter',
  tag: 'tag',
  tags: 'tag',
  dataset: 'dataset',
  datasets: 'dataset',
};

const ofText = ['=', '!=', 'LIKE', 'ILIKE'];
const ofNumber = ['=', '!=', '>', '>=', '<', '<='];
const ofNothing = ['IS NULL', 'IS NOT NULL'];
const ofList = ['IN', 'NOT IN'];
const datasetKeys = ['name', 'digest', 'context'];

/** MLflow's filters of runs, experiments and logged models. Throws what MLflow answers to those that are none. */
export function parseTrackingFilter(
  filter: string | undefined,
  searchable: TrackingSearchable,
): TrackingComparison[] {
  return clausesOf(filter, stray => `'${stray}'`).map(clause =>
    toComparison(clause, searchable),
  );
}

/** Whose a name is, and which: `metrics.accuracy`; without a point an attribute. */
export function identifierOf(
  text: string,
  searchable: TrackingSearchable,
): { entity: Entity; key: string } {
  const dot = /^["`]/.test(text) ? -1 : text.indexOf('.');
  const name = dot < 0 ? 'attribute' : text.slice(0, dot);
  const entity = Object.hasOwn(names, name) ? names[name] : undefined;
  if (!entity || !searchable.entities.includes(entity)) {
    throw invalidParameter(
      `Invalid entity type '${name}'. Valid values are [${searchable.entities
        .map(one => `'${one}'`)
        .join(', ')}]`,
    );
  }
  const key = text.slice(dot + 1).replace(/^(["'`])(.*)\1$/s, '$2');
  const { texts, numbers } = searchable;
  if (
    entity === 'attribute' &&
    !Object.hasOwn(texts, key) &&
    !Object.hasOwn(numbers, key)
  ) {
    throw invalidParameter(
      `Invalid attribute key '${key}' specified. Valid keys are '${setOf([
        ...Object.keys(texts),
        ...Object.keys(numbers),
      ])}'`,
    );
  }
  if (entity === 'dataset' && !datasetKeys.includes(key)) {
    throw invalidParameter(
      `Invalid dataset key '${key}' specified. Valid keys are '${setOf(
        datasetKeys,
      )}'`,
    );
  }
  return { entity, key };
}

function toComparison(
  { left, operator, right }: Clause,
  searchable: TrackingSearchable,
): TrackingComparison {
  if (left.kind !== 'identifier') {
    throw invalidParameter(
      `Invalid comparison clause. Expected 'Identifier' found '${left.text}'`,
    );
  }
  const { entity, key } = identifierOf(left.text, searchable);
  if (ofNothing.includes(operator)) {
    if (entity !== 'tag' && entity !== 'parameter') {
      throw invalidParameter(
        `IS NULL / IS NOT NULL is only supported for tags and params, not for '${entity}' '${key}'`,
      );
    }
    return { entity, key, operator };
  }
  const numeric =
    entity === 'metric' ||
    (entity === 'attribute' && Object.hasOwn(searchable.numbers, key));
  const value = numeric
    ? numberOf(entity, key, right)
    : textOf(entity, key, right, searchable);
  const valid = [
    ...(numeric ? ofNumber : ofText),
    ...(entity === 'attribute' && searchable.lists.includes(key) ? ofList : []),
    ...(entity === 'dataset' ? ofList : []),
  ];
  if (
    !valid.includes(operator) ||
    ofList.includes(operator) !== Array.isArray(value)
  ) {
    throw invalidParameter(
      `Invalid comparator '${operator}' not one of '${setOf(valid)}'`,
    );
  }
  return { entity, key, operator, value };
}

function numberOf(entity: Entity, key: string, token: Token): number {
  if (token.kind !== 'number') {
    throw invalidParameter(
      entity === 'metric'
        ? `Expected numeric value type for metric. Found ${token.text}`
        : `Expected numeric value type for numeric attribute: ${key}. Found ${token.text}`,
    );
  }
  return Number(token.text);
}

function textOf(
  entity: Entity,
  key: string,
  token: Token,
  searchable: TrackingSearchable,
): string | string[] {
  if (token.kind === 'string' || token.kind === 'identifier') {
    return quoted(token);
  }
  if (token.kind === 'list' && entity === 'dataset') return quotedList(token);
  if (token.kind === 'list' && entity === 'attribute') {
    if (!searchable.lists.includes(key)) {
      throw invalidParameter(
        `Only [${searchable.lists
          .map(one => `'${one}'`)
          .join(
            ', ',
          )}] attributes support comparison with a list of quoted string values.`,
      );
    }
    return quotedList(token);
  }
  throw invalidParameter(
    entity === 'attribute'
      ? `Expected a quoted string value for attributes. Got value ${token.text}`
      : `Expected a quoted string value for ${entity} (e.g. 'my-value'). Got value ${token.text}`,
  );
}
