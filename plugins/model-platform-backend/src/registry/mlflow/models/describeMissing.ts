import { FieldProblem } from '@model-platform/plugin-model-platform-common';

const SHOWN = 20;

/** What a version lacks and how it is added, in one line that MLflow's clients show. */
export function describeMissing(problems: FieldProblem[]): string {
  const lines = problems
    .slice(0, SHOWN)
    .map(({ field, rule, example }) =>
      example === undefined
        ? `${field} ${rule}`
        : `${field} ${rule} (e.g. ${
            typeof example === 'string' ? example : JSON.stringify(example)
          })`,
    );
  const more =
    problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
  return `${lines.join(
    '; ',
  )}${more}. Add what is missing as tags metadata.<field> of the version, or of the model as its default, or by metadata= of log_model; owner and description too (metadata.owner, metadata.description)`;
}
