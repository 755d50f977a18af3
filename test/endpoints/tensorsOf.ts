import {
  Signature,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';

const datatypes: Partial<Record<SignatureField['type'], string>> = {
  ...{ number: 'FP64', integer: 'INT64', boolean: 'BOOL' },
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sizes of even lists within each other, so many deep; undefined where they are none, or one is empty. */
function sizesOf(value: unknown, rank: number): number[] | undefined {
  if (rank === 0)
    return Array.isArray(value) || value === null ? undefined : [];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const [first, ...others] = value.map(item => sizesOf(item, rank - 1));
  return first && others.every(one => String(one) === String(first))
    ? [value.length, ...first]
    : undefined;
}

/**
 * The lines of `inputs` as tensors of the Open Inference Protocol; undefined
 * where they cannot be written so, as what is null, uneven, or left out of
 * some lines.
 */
export function tensorsOf(
  signature: Signature,
  inputs: unknown,
): object[] | undefined {
  const lines = [inputs].flat();
  if (!lines.every(isObject)) return undefined;
  const names = [...new Set(lines.flatMap(line => Object.keys(line)))];
  if (names.length === 0) return undefined;
  const fields = new Map(signature.inputs.map(field => [field.name, field]));
  const tensors = names.map(name => {
    const field = fields.get(name);
    const rank = field?.shape?.length ?? 0;
    const values = lines.map(line =>
      Object.hasOwn(line, name) ? line[name] : null,
    );
    const sizes = sizesOf(values, rank + 1);
    if (!sizes) return undefined;
    const flat = values.flat(rank);
    const isText = field === undefined || field.type === 'object';
    return {
      name,
      datatype: (field && datatypes[field.type]) ?? 'BYTES',
      shape: rank === 0 ? [...sizes, 1] : sizes,
      data: isText ? flat.map(value => JSON.stringify(value)) : flat,
    };
  });
  return tensors.every(tensor => tensor !== undefined) ? tensors : undefined;
}
