import { FilterExpression } from '../FilterExpression';

/** A filter as text, fully in parentheses, with all in quotes that may need it. */
export function writeFilter(expression: FilterExpression): string {
  switch (expression.type) {
    case 'and':
    case 'or':
      return expression.parts
        .map(part => `(${writeFilter(part)})`)
        .join(` ${expression.type} `);
    case 'not':
      return `not (${writeFilter(expression.part)})`;
    case 'exists':
      return `${keyOf(expression.key)} exists`;
    case 'is':
      return expression.values.length === 1
        ? `${keyOf(expression.key)}=${quoted(expression.values[0])}`
        : `${keyOf(expression.key)} in (${expression.values
            .map(quoted)
            .join(', ')})`;
    default: {
      const { key, operator, kind, value } = expression;
      const text =
        kind === 'date' ? new Date(value).toISOString() : String(value);
      return `${keyOf(key)} ${operator} ${text}`;
    }
  }
}

function keyOf(key: string): string {
  const [first, ...rest] = key.split('.');
  return [
    first,
    ...rest.map(segment =>
      /^[\w-]+$/.test(segment) ? segment : quoted(segment),
    ),
  ].join('.');
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
