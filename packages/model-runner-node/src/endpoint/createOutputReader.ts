import { WireSignature } from '@model-platform/model-wire';
import { createInputReader } from '../createInputReader';
import { createOutputWriter } from '../createOutputWriter';
import { Row } from '../flavors/Flavor';
import { ModelOutputError } from '../ModelOutputError';
import { FieldError, RequestError } from '../RequestError';
import { typeOf } from '../typeOf';

/**
 * Compiles the signature once into a reader of what endpoint code answers: the
 * outputs as JSON carries them, and nothing else. Throws
 * {@link ModelOutputError} that names every wrong field.
 */
export function createOutputReader(signature: WireSignature) {
  const { outputs } = signature;
  const write = createOutputWriter(signature);
  const bytes = outputs.filter(({ type }) => type === 'bytes');
  // What is missing is told here; all else is read as inputs are.
  const readOutputs = createInputReader({
    inputs: outputs.map(({ default: _default, ...field }) => ({
      ...field,
      optional: true,
    })),
    outputs: [],
  });

  function pick(answer: unknown, path: string, errors: FieldError[]): Row {
    if (typeOf(answer) !== 'object') {
      errors.push({
        path,
        message: `must be an object with the outputs by name, not ${typeOf(
          answer,
        )}`,
      });
      return {};
    }
    const row: Row = {};
    for (const { name, optional } of outputs) {
      const value = (answer as Row)[name];
      row[name] = value ?? null;
      // A number that is none, such as NaN, goes to the caller as null.
      if (optional || (value !== undefined && value !== null)) continue;
      const message = value === undefined ? 'is missing' : 'must not be null';
      errors.push({ path: `${path}.${name}`, message });
    }
    return row;
  }

  return function readAnswers(answers: unknown, count: number): Row[] {
    if (!Array.isArray(answers) || answers.length !== count) {
      const given = Array.isArray(answers) ? answers.length : typeOf(answers);
      throw new ModelOutputError([
        {
          path: 'outputs',
          message: `must be an array of ${count} answers, not ${given}`,
        },
      ]);
    }
    const errors: FieldError[] = [];
    const rows = answers.map((answer, index) =>
      pick(answer, count === 1 ? 'outputs' : `outputs[${index}]`, errors),
    );
    if (errors.length > 0) throw new ModelOutputError(errors);
    const written: Row[] = JSON.parse(JSON.stringify(write(rows)));
    let read: Row[];
    try {
      read = readOutputs({ inputs: count === 1 ? written[0] : written }).rows;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      throw new ModelOutputError(
        (error.fields ?? []).map(({ path, message }) => ({
          path: path.replace(/^inputs/, 'outputs'),
          message,
        })),
      );
    }
    // Tensors carry bytes as they are, in whichever form code gave them.
    for (const { name } of bytes)
      for (const [index, row] of written.entries())
        row[name] = read[index][name];
    return written;
  };
}
