import { FieldProblem } from '../types';
import { nearestWord } from './nearestWord';

/** Fields of the model: set at its first publish. */
export const modelFields = [
  'name',
  'type',
  'owner',
  'system',
  'description',
  'lifecycle',
  'visibility',
  'sharedWith',
  'tags',
] as const;

/** Fields of the version. */
const versionFields = [
  'metadata',
  'flavor',
  'runtime',
  'signature',
  'endpoint',
  'image',
  'resources',
  'metrics',
  'evaluation',
  'example',
  'provenance',
] as const;

const knownFields: string[] = [
  ...modelFields,
  ...versionFields,
  'files',
  'deployment',
];

/**
 * What of `model.yaml` is refused before the platform is asked: a field nobody
 * would look at, and the lack of a name. All else is the platform's say. @public
 */
export function checkModelFields(
  fields: Record<string, unknown>,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of Object.keys(fields)) {
    if (knownFields.includes(field)) continue;
    const meant = nearestWord(field, knownFields);
    problems.push({
      field,
      rule: `is not a field of model.yaml${
        meant
          ? `; did you mean ${meant}?`
          : '; put what describes the version under metadata'
      }`,
      given: fields[field],
      source: 'platform',
    });
  }
  if (typeof fields.name !== 'string' || !fields.name.trim()) {
    problems.push({
      field: 'name',
      rule: fields.name === undefined ? 'is required' : 'must be text',
      given: fields.name,
      example: 'churn',
      source: 'platform',
    });
  }
  return problems;
}
