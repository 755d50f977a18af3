import { invalidParameter } from '../MlflowError';
import { Token, tokenize } from './tokenize';

/** What may be compared in one kind of search. */
export interface Searchable {
  strings: string[];
  numbers: string[];
  /** Those of the strings that take IN and NOT IN. */
  lists: string[];
}

export const modelSearch: Searchable = {
  strings: ['name'],
  numbers: [],
  lists: ['name'],
};

export const versionSearch: Searchable = {
  strings: ['name', 'source_path', 'run_id'],
  numbers: ['version_number'],
  lists: ['name', 'run_id'],
};

/** One comparison of a filter; all of them must hold. */
export type Comparison =
  | { of: 'tag' | 'string'; key: string; operator: TextOperator; value: string }
  | { of: 'list'; key: string; operator: 'IN' | 'NOT IN'; value: string[] }
  | { of: 'number'; key: string; operator: NumberOperator; value: number };

export type TextOperator = '=' | '!=' | 'LIKE' | 'ILIKE';
export type NumberOperator = '=' | '!=' | '>' | '>=' | '<' | '<=';

const MAX_NUMBER = 2_147_483_647;
const textOperators = ['=', '!=', 'LIKE', 'ILIKE'];
const numberOperators = ['=', '!=', '>', '>=', '<', '<='];

/**
 * MLflow's filters: comparisons of attributes and tags, joined by AND. Throws
 * what MLflow answers to those that are none.
 */
export function parseFilter(
  filter: string | undefined,
  searchable: Searchable,
): Comparison[] {
  return clausesOf(filter, stray => stray).map(clause =>
    toComparison(clause, searchable),
  );
}

/** The comparisons of a filter, joined by AND. Throws what MLflow answers to anything else in it. */
export function clausesOf(
  filter: string | undefined,
  sayStray: (text: string) => string,
): Clause[] {
  if (!filter?.trim()) return [];
  const tokens = tokenize(filter);
  const clauses: Clause[] = [];
  const strays: string[] = [];
  let position = 0;
  while (position < tokens.length) {
    const clause = clauseAt(tokens, position);
    if (clause) {
      clauses.push(clause);
      position += clause.length;
    } else {
      const token = tokens[position];
      if (!/^and$/i.test(token.text)) strays.push(token.text);
      position += 1;
    }
  }
  if (strays.length > 0) {
    throw invalidParameter(
      `Invalid clause(s) in filter string: ${strays.map(sayStray).join(', ')}`,
    );
  }
  return clauses;
}

export interface Clause {
  left: Token;
  operator: string;
  right: Token;
  /** In tokens. */
  length: number;
}

function clauseAt(tokens: Token[], start: number): Clause | undefined {
  const [left, first, second, third] = tokens.slice(start, start + 4);
  if (first?.kind !== 'operator' || !second || second.kind === 'other') {
    return undefined;
  }
  if (/^is$/i.test(first.text)) {
    const not = /^not$/i.test(second.text);
    const last = not ? third : second;
    if (!last || !/^null$/i.test(last.text)) return undefined;
    return {
      left,
      operator: not ? 'IS NOT NULL' : 'IS NULL',
      right: last,
      length: not ? 4 : 3,
    };
  }
  if (/^not$/i.test(first.text)) {
    if (!/^(in|like|ilike)$/i.test(second.text) || !third) return undefined;
    return {
      left,
      operator: `NOT ${second.text.toUpperCase()}`,
      right: third,
      length: 4,
    };
  }
  return {
    left,
    operator: first.text.toUpperCase(),
    right: second,
    length: 3,
  };
}

function toComparison(
  { left, operator, right }: Clause,
  searchable: Searchable,
): Comparison {
  if (left.kind !== 'identifier') {
    throw invalidParameter(
      `Invalid comparison clause. Expected 'Identifier' found '${left.text}'`,
    );
  }
  const { of, key } = identifierOf(left.text, searchable);
  if (of === 'tag') {
    const value = tagValueOf(right);
    if (!isTextOperator(operator)) {
      throw invalidParameter(`Invalid comparator for tag: ${operator}`);
    }
    return { of, key, operator, value };
  }
  if (right.kind === 'list' && !searchable.lists.includes(key)) {
    throw invalidParameter(
      `Only ${listOf(
        searchable.lists,
      )} attributes support comparison with a list of quoted string values.`,
    );
  }
  if (of === 'number') {
    return numberComparison(key, operator, right);
  }
  if (right.kind === 'number' && searchable.numbers.length > 0) {
    throw invalidParameter(
      `Only the '${setOf([
        'version_number',
        'creation_timestamp',
        'last_updated_timestamp',
      ])}' attributes support comparison with numeric values.`,
    );
  }
  if (operator === 'IN' || operator === 'NOT IN') {
    if (right.kind !== 'list' || !searchable.lists.includes(key)) {
      throw invalidParameter(`Invalid comparator for attribute: ${operator}`);
    }
    return { of: 'list', key, operator, value: quotedList(right) };
  }
  const value = attributeValueOf(right);
  if (!isTextOperator(operator)) {
    throw invalidParameter(`Invalid comparator for attribute: ${operator}`);
  }
  return { of: 'string', key, operator, value };
}

function identifierOf(
  text: string,
  searchable: Searchable,
): { of: 'tag' | 'string' | 'number'; key: string } {
  const dot = text.indexOf('.');
  const entity = dot < 0 ? 'attribute' : text.slice(0, dot);
  const key = dot < 0 ? text : text.slice(dot + 1);
  if (!['attribute', 'tag', 'tags'].includes(entity)) {
    throw invalidParameter(
      `Invalid entity type '${entity}'. Valid entity types are ('attribute', 'tag', 'tags')`,
    );
  }
  if (entity !== 'attribute') return { of: 'tag', key: unquoted(key) };
  if (searchable.numbers.includes(key)) return { of: 'number', key };
  if (searchable.strings.includes(key)) return { of: 'string', key };
  throw invalidParameter(
    `Invalid attribute key '${key}' specified. Valid keys are '${setOf([
      ...searchable.strings,
      ...searchable.numbers,
    ])}'`,
  );
}

function numberComparison(
  key: string,
  operator: string,
  right: Token,
): Comparison {
  const text = right.kind === 'number' ? right.text : attributeValueOf(right);
  if (!isNumberOperator(operator)) {
    throw invalidParameter(
      `Invalid comparator for attribute ${key}: ${operator}`,
    );
  }
  if (!/^-?\d{1,15}$/.test(text)) {
    throw invalidParameter(
      `Invalid value for numeric attribute '${key}': ${
        right.kind === 'number' ? text : `'${text}'`
      }`,
    );
  }
  // Beyond it there are no numbers, and databases refuse to compare.
  const value = Math.max(-MAX_NUMBER, Math.min(MAX_NUMBER, Number(text)));
  return { of: 'number', key, operator, value };
}

function tagValueOf(token: Token): string {
  if (token.kind === 'string' || token.kind === 'identifier') {
    return quoted(token);
  }
  throw invalidParameter(
    `Expected a quoted string value for tag (e.g. 'my-value'). Got value ${token.text}`,
  );
}

function attributeValueOf(token: Token): string {
  if (token.kind === 'string' || token.kind === 'identifier') {
    return quoted(token);
  }
  throw invalidParameter(
    `Expected a quoted string value or a list of quoted string values for attributes. Got value ${token.text}`,
  );
}

export function quotedList(token: Token): string[] {
  const items = token.items ?? [];
  if (items.length === 0) {
    throw invalidParameter(
      'While parsing a list in the query, expected a non-empty list of string values, but got empty list',
    );
  }
  if (items.some(item => item.kind !== 'string' && !/^"/.test(item.text))) {
    throw invalidParameter(
      `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${token.text}`,
    );
  }
  return items.map(quoted);
}

export function quoted(token: Token): string {
  if (token.kind === 'string') {
    return token.text.slice(1, -1).replace(/''/g, "'");
  }
  if (/^".*"$/s.test(token.text)) return token.text.slice(1, -1);
  throw invalidParameter(
    `Parameter value is either not quoted or unidentified quote types used for string value ${token.text}. Use either single or double quotes.`,
  );
}

function unquoted(key: string): string {
  return /^(["`]).*\1$/s.test(key) ? key.slice(1, -1) : key;
}

function isTextOperator(text: string): text is TextOperator {
  return textOperators.includes(text);
}

function isNumberOperator(text: string): text is NumberOperator {
  return numberOperators.includes(text);
}

/** As Python writes a list, and a set. */
function listOf(words: string[]): string {
  return `[${words.map(word => `'${word}'`).join(', ')}]`;
}

export function setOf(words: string[]): string {
  return `{${words.map(word => `'${word}'`).join(', ')}}`;
}
