import { WireSignature } from '@model-platform/model-wire';
import { RequestError } from '../RequestError';
import { textOf } from '../textOf';
import { Columns } from './Columns';
import { linesOfCsv } from './linesOfCsv';
import { linesOfJson } from './linesOfJson';

const readers = {
  'text/csv': linesOfCsv,
  'application/json': linesOfJson,
};

/**
 * Reads `POST /invocations` of MLflow's scoring protocol.
 *
 * The reader's lines are still to be read by the signature.
 * @throws RequestError 400, 415
 */
export function createScoringReader(signature: WireSignature) {
  const columns = new Columns(signature);
  return (body: Buffer, contentType = 'application/json'): unknown[] => {
    const [type, ...parameters] = contentType
      .split(';')
      .map(part => part.trim());
    const mime = type.toLowerCase();
    for (const parameter of parameters) {
      const [name, value] = parameter.split('=');
      if (name.toLowerCase() !== 'charset')
        throw new RequestError(
          415,
          `Unrecognized content type parameters: ${name}.`,
        );
      if (value?.toLowerCase() !== 'utf-8')
        throw new RequestError(415, 'The scoring server only supports UTF-8');
    }
    if (!Object.hasOwn(readers, mime))
      throw new RequestError(
        415,
        `This predictor only supports the following content types: Types: ${Object.keys(
          readers,
        ).join(', ')}.`,
      );
    const text = textOf(body);
    if (text === undefined)
      throw new RequestError(
        400,
        'Ensure that input is a valid UTF-8 encoded string.',
      );
    return readers[mime as keyof typeof readers](columns, text);
  };
}
