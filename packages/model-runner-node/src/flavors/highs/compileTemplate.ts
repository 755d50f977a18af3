import { WireSignatureField } from '@model-platform/model-wire';
import { RequestError } from '../../RequestError';
import { Row } from '../Flavor';

const PLACE = /\{\{\s*([^{}[\]]+?)\s*((?:\[\s*\d+\s*\])*)\s*\}\}/g;

/**
 * Compiles a model's text with places for inputs in it, `{{name}}`, of arrays
 * `{{name[0]}}`, `{{name[2][0]}}`. Only numbers get there (true is 1, false
 * 0), so that what is sent changes coefficients and nothing else. Without a row
 * there is a 1 in every place.
 *
 * @throws Error that names every place without an input, and inputs without a place
 */
export function compileTemplate(
  text: string,
  inputs: WireSignatureField[],
): (row?: Row) => string {
  const problems = inputs
    .filter(({ type }) => type === 'string' || type === 'object')
    .map(
      ({ name, type }) =>
        `input '${name}' is a ${type}; only numbers and booleans go into the model`,
    );
  for (const { name, optional, default: fallback } of inputs) {
    if (optional && fallback === undefined)
      problems.push(`input '${name}' is optional: give it a default`);
  }
  const unused = new Set(inputs.map(({ name }) => name));
  const parts: Array<string | { name: string; path: number[] }> = [];
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    const [place, name, indices] = match;
    const path = [...indices.matchAll(/\d+/g)].map(Number);
    const field = inputs.find(one => one.name === name);
    unused.delete(name);
    const shape = field?.shape ?? [];
    if (!field) {
      problems.push(`${place} is no input of the signature`);
    } else if (
      path.length !== shape.length ||
      path.some((index, axis) => shape[axis] !== -1 && index >= shape[axis])
    ) {
      problems.push(
        `${place} does not fit the shape [${shape}] of '${name}' (indices begin at 0)`,
      );
    }
    parts.push(text.slice(end, match.index), { name, path });
    end = match.index + place.length;
  }
  const rest = text.slice(end);
  if (
    `${parts
      .filter(part => typeof part === 'string')
      .join('')}${rest}`.includes('{{')
  )
    problems.push('a {{ is not the beginning of {{name}} or {{name[0]}}');
  for (const name of unused)
    problems.push(`input '${name}' has no place {{${name}}} in the model`);
  if (problems.length > 0) {
    throw new Error(
      `The signature does not fit the model: ${problems.join('; ')}.`,
    );
  }
  parts.push(rest);
  return row =>
    parts
      .map(part => {
        if (typeof part === 'string') return part;
        return row ? numberAt(row, part.name, part.path) : '1';
      })
      .join('');
}

function numberAt(row: Row, name: string, path: number[]): string {
  let value = row[name];
  for (const index of path)
    value = Array.isArray(value) ? value[index] : undefined;
  if (value === undefined) {
    const place = path.map(index => `[${index}]`).join('');
    const message = `must have an element ${place}`;
    throw new RequestError(400, `inputs.${name} ${message}.`, [
      { path: `inputs.${name}`, message },
    ]);
  }
  return String(Number(value));
}
