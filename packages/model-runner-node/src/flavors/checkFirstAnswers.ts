import { WireSignature } from '@model-platform/model-wire';
import { answerReader, MAX_FIELDS_TOLD } from '../fieldReader';
import { ModelOutputError } from '../ModelOutputError';
import { FieldError } from '../RequestError';
import { LoadedModel } from './Flavor';

/**
 * The prediction of a model without code of its own, whose answers are looked
 * at until those to one call are what the signature says: all are made alike.
 * Rejects with {@link ModelOutputError} that names every wrong field.
 */
export function checkFirstAnswers(
  { outputs }: WireSignature,
  predict: LoadedModel['predict'],
): LoadedModel['predict'] {
  const fields = outputs.map(field => ({
    ...field,
    read: answerReader(field),
  }));
  let isKnown = false;
  return async (rows, call) => {
    const answers = await predict(rows, call);
    if (isKnown) return answers;
    const errors: FieldError[] = [];
    for (const [index, answer] of answers.entries()) {
      const at = answers.length === 1 ? 'outputs' : `outputs[${index}]`;
      for (const { name, optional, read } of fields) {
        const value = answer[name] ?? null;
        if (errors.length >= MAX_FIELDS_TOLD || (value === null && optional))
          continue;
        const path = `${at}.${name}`;
        if (value === null) errors.push({ path, message: 'must not be null' });
        else read(value, path, errors);
      }
    }
    if (errors.length > 0) throw new ModelOutputError(errors);
    isKnown = true;
    return answers;
  };
}
