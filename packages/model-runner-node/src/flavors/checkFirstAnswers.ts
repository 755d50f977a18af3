import { WireSignature } from '@model-platform/model-wire';
import { answerReader, MAX_FIELDS_TOLD } from '../fieldReader';
import { ModelOutputError } from '../ModelOutputError';
import { FieldError } from '../RequestError';
import { LoadedModel } from './Flavor';

/**
 * The prediction of a model without code of its own. Each output is looked at
 * until it was what the signature says in all lines of a call: all are made
 * alike. Null says nothing of an output: a solver may have found none in time.
 * Rejects with {@link ModelOutputError} that names every wrong field.
 */
export function checkFirstAnswers(
  { outputs }: WireSignature,
  predict: LoadedModel['predict'],
): LoadedModel['predict'] {
  let unknown = outputs.map(field => ({
    name: field.name,
    read: answerReader(field),
  }));
  return async (rows, call) => {
    const answers = await predict(rows, call);
    if (unknown.length === 0) return answers;
    const errors: FieldError[] = [];
    const seen = new Set<string>();
    for (const [index, answer] of answers.entries()) {
      const at = answers.length === 1 ? 'outputs' : `outputs[${index}]`;
      for (const { name, read } of unknown) {
        const value = answer[name] ?? null;
        if (value === null || errors.length >= MAX_FIELDS_TOLD) continue;
        seen.add(name);
        read(value, `${at}.${name}`, errors);
      }
    }
    if (errors.length > 0) throw new ModelOutputError(errors);
    unknown = unknown.filter(({ name }) => !seen.has(name));
    return answers;
  };
}
