import { invalidParameter } from '../MlflowError';
import { Stage } from '../models/MlflowModel';

const stages: Stage[] = ['None', 'Staging', 'Production', 'Archived'];

/** The stage as MLflow writes it. Throws what MLflow answers to others. */
export function stageOf(text: string): Stage {
  const found = stages.find(
    stage => stage.toLowerCase() === text.toLocaleLowerCase('en-US'),
  );
  if (!found) {
    throw invalidParameter(
      `Invalid Model Version stage: ${text}. Value must be one of ${stages.join(
        ', ',
      )}.`,
    );
  }
  return found;
}
