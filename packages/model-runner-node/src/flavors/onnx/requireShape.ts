import { RequestError } from '../../RequestError';

/**
 * @param wanted - -1 is any size
 * @throws RequestError 400 where an input has another shape
 */
export function requireShape(
  name: string,
  shape: readonly number[],
  wanted: readonly number[],
) {
  const fits =
    shape.length === wanted.length &&
    wanted.every((size, axis) => size === -1 || size === shape[axis]);
  if (fits) return;
  const message = `must have shape [${wanted}], not [${shape}]`;
  throw new RequestError(400, `Input '${name}' ${message}.`, [
    { path: `inputs.${name}`, message },
  ]);
}
