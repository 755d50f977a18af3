import { Model } from '@model-platform/plugin-model-platform-common';
import { facetsOf } from '../facetsOf';
import { FilterExpression } from '../FilterExpression';
import { matchesFilter } from '../matchesFilter';

/** What `applyFilterExpression` says in SQL, of one model in memory. */
export function matchesExpression(
  expression: FilterExpression,
  model: Model,
  evaluation: Record<string, number> | undefined,
): boolean {
  return matchesFilter(expression, key => {
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
  });
}
