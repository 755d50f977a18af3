import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { ModelFields, ModelRecord } from './ModelStore';

/** Where a publish says something else of the model than is stored; what it leaves out differs in nothing. */
export function modelDifferences(
  existing: ModelRecord | undefined,
  fields: ModelFields,
  given: string[],
): FieldProblem[] {
  if (!existing) {
    return [];
  }
  const problems: FieldProblem[] = [];
  const { model } = existing;
  const compared = [
    'type',
    'owner',
    'system',
    'description',
    'lifecycle',
    'visibility',
    'sharedWith',
    'tags',
  ] as const;
  for (const field of compared) {
    if (
      given.includes(field) &&
      JSON.stringify(sorted(model[field])) !==
        JSON.stringify(sorted(fields[field]))
    ) {
      problems.push({
        field,
        rule:
          field === 'system' || field === 'type'
            ? 'differs from the model as first published, and never changes'
            : `differs from the model; a publish does not change it: change it by PATCH models/${model.slug} or on its page`,
        given: fields[field],
        example: model[field],
        source: 'platform',
      });
    }
  }
  return problems;
}

function sorted(value: string | string[]): string | string[] {
  return Array.isArray(value) ? [...value].sort() : value;
}
