import { Model } from '@model-platform/plugin-model-platform-common';
import { facetsOf } from '../facetsOf';
import { FilterExpression } from '../FilterExpression';
import { typedValue } from '../typedValue';

/** What `applyFilterExpression` says in SQL, of one model in memory. */
export function matchesExpression(
  expression: FilterExpression,
  model: Model,
  evaluation: Record<string, number> | undefined,
): boolean {
  const holds = (part: FilterExpression) =>
    matchesExpression(part, model, evaluation);
  const valuesOf = (key: string): string[] => {
    switch (key) {
      case 'archived':
        return [String(model.archivedAt !== undefined)];
      case 'name':
      case 'type':
      case 'createdAt':
      case 'updatedAt':
        return [model[key]];
      case 'theme':
      case 'risk':
        return [model.current?.[key] ?? []].flat();
      default:
        return facetsOf(model, model.metadata, evaluation)
          .filter(facet => facet.key === key)
          .map(({ value }) => value);
    }
  };
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
