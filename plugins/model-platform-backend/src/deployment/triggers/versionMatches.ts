import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import { facetsOf } from '../../registry/finding/facetsOf';
import { FilterExpression } from '../../registry/finding/FilterExpression';
import { isFreeKey } from '../../registry/finding/filterKeys';
import { matchesFilter } from '../../registry/finding/matchesFilter';
import { parseFilter } from '../../registry/finding/parseFilter';

/** Whether a version has what the filter of a trigger asks for. */
export function versionMatches(
  where: string,
  { metadata, evaluation }: Pick<ModelVersion, 'metadata' | 'evaluation'>,
): boolean {
  const facets = facetsOf({ tags: [], sharedWith: [] }, metadata, evaluation);
  return matchesFilter(parseFilter(where), key =>
    facets.filter(facet => facet.key === key).map(({ value }) => value),
  );
}

/** Why a filter is none that a version could be asked. */
export function whereProblem(where: string): string | undefined {
  try {
    const foreign = keysOf(parseFilter(where)).find(key => !isFreeKey(key));
    return foreign === undefined
      ? undefined
      : `asks for ${foreign}, which is the model's; of a version there are metadata.<path> and evaluation.<metric>`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function keysOf(expression: FilterExpression): string[] {
  switch (expression.type) {
    case 'and':
    case 'or':
      return expression.parts.flatMap(keysOf);
    case 'not':
      return keysOf(expression.part);
    default:
      return [expression.key];
  }
}
