/** What a filter says, once it is understood. */
export type FilterExpression =
  | { type: 'and' | 'or'; parts: FilterExpression[] }
  | { type: 'not'; part: FilterExpression }
  | { type: 'exists'; key: string }
  /** One of the values is met. */
  | { type: 'is'; key: string; values: string[] }
  /** Dates as milliseconds since 1970. */
  | {
      type: 'compare';
      key: string;
      operator: ComparisonOperator;
      kind: 'number' | 'date';
      value: number;
    };

export type ComparisonOperator = '<' | '<=' | '>' | '>=';

/** Whether a filter speaks of this key anywhere. */
export function mentions(expression: FilterExpression, key: string): boolean {
  switch (expression.type) {
    case 'and':
    case 'or':
      return expression.parts.some(part => mentions(part, key));
    case 'not':
      return mentions(expression.part, key);
    default:
      return expression.key === key;
  }
}
