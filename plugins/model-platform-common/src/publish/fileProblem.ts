import { FieldProblem } from '../types';

/** What is wrong with the files of a folder, as a report has it. @public */
export function fileProblem(rule: string, given: unknown): FieldProblem {
  return {
    field: 'files',
    rule,
    given,
    example: ['model.onnx', 'data/*.csv'],
    source: 'platform',
  };
}
