import { shapeOf } from '../openInference/nesting';
import { RequestError } from '../RequestError';
import { Row } from './Flavor';

/**
 * Of a field's value in each row; `[]` of none.
 *
 * @throws RequestError 400 where rows differ, which no tensor could hold
 */
export function commonShape(name: string, rows: Row[]): number[] {
  const [first = [], ...others] = rows.map(row => shapeOf(row[name]));
  if (others.some(shape => String(shape) !== String(first))) {
    throw new RequestError(
      400,
      `Input '${name}' must have the same shape throughout the batch.`,
      [{ path: `inputs.${name}`, message: 'has rows of unequal shape' }],
    );
  }
  return first;
}
