import { WireSignatureField } from '@model-platform/model-wire';
import { answerReader, MAX_FIELDS_TOLD } from '../fieldReader';
import { ModelOutputError } from '../ModelOutputError';
import { FieldError } from '../RequestError';
import { Row } from './Flavor';

/**
 * Compiles these outputs once into a look at what a model without code of its
 * own answers, which gives the answers on. It is for every call: whether an
 * answer is given must not hang on those before it. Null says nothing of an
 * output: a solver may have found none in time. Throws
 * {@link ModelOutputError} that names every wrong field.
 */
export function createAnswerCheck(
  outputs: WireSignatureField[],
): (answers: Row[]) => Row[] {
  const fields = outputs.map(field => ({
    name: field.name,
    read: answerReader(field),
  }));
  return answers => {
    const errors: FieldError[] = [];
    for (const [index, answer] of answers.entries()) {
      const at = answers.length === 1 ? 'outputs' : `outputs[${index}]`;
      for (const { name, read } of fields) {
        const value = answer[name] ?? null;
        if (value !== null && errors.length < MAX_FIELDS_TOLD)
          read(value, `${at}.${name}`, errors);
      }
    }
    if (errors.length > 0) throw new ModelOutputError(errors);
    return answers;
  };
}
