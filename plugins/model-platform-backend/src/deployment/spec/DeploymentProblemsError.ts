import { InputError } from '@backstage/errors';
import { FieldProblem } from '@model-platform/plugin-model-platform-common';

/** A deployment that was refused, with every reason by field. */
export class DeploymentProblemsError extends InputError {
  /** Sent along in the error's body. */
  readonly problems: FieldProblem[];

  constructor(name: string, problems: FieldProblem[]) {
    const list = problems
      .map(problem => `${problem.field}: ${problem.rule}`)
      .join('; ');
    super(`The deployment ${name} was refused: ${list}`);
    this.name = 'InputError';
    this.problems = problems;
  }
}
