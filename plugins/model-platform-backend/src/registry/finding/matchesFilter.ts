import { FilterExpression } from './FilterExpression';
import { typedValue } from './typedValue';

/**
 * What `applyFilterExpression` says in SQL, of one thing in memory.
 *
 * @param valuesOf - all values that it has of a key; none where it has none
 */
export function matchesFilter(
  expression: FilterExpression,
  valuesOf: (key: string) => string[],
): boolean {
  const holds = (part: FilterExpression) => matchesFilter(part, valuesOf);
  switch (expression.type) {
    case 'and':
      return expression.parts.every(holds);
    case 'or':
      return expression.parts.some(holds);
    case 'not':
      return !holds(expression.part);
    case 'exists':
      return valuesOf(expression.key).length > 0;
    case 'is': {
      const values = expression.values.flatMap(value => {
        const typed = typedValue(value);
        return typed?.kind === 'number' ? [value, `${typed.value}`] : [value];
      });
      return valuesOf(expression.key).some(value => values.includes(value));
    }
    default: {
      const { kind, operator, value } = expression;
      return valuesOf(expression.key).some(text => {
        const typed = typedValue(text);
        if (typed?.kind !== kind) return false;
        if (operator === '<') return typed.value < value;
        if (operator === '<=') return typed.value <= value;
        if (operator === '>') return typed.value > value;
        return typed.value >= value;
      });
    }
  }
}
