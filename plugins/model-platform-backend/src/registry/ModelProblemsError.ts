import { InputError } from '@backstage/errors';
import { FieldProblem } from '@model-platform/plugin-model-platform-common';

const SHOWN = 20;

/** A publish that was refused, with every reason by field. */
export class ModelProblemsError extends InputError {
  /** Sent along in the error's body. */
  readonly problems: FieldProblem[];

  constructor(name: string, problems: FieldProblem[]) {
    const shown = problems
      .slice(0, SHOWN)
      .map(problem => `${problem.field}: ${problem.rule}`);
    const more =
      problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
    super(`${name || 'The model'} was refused: ${shown.join('; ')}${more}`);
    this.name = 'InputError';
    this.problems = problems;
  }
}
