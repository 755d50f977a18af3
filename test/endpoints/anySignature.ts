import {
  Signature,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';
import fc from 'fast-check';

/** A day that there is, of the years that both runtimes know. */
const day = fc
  .date({
    min: new Date('0001-01-01'),
    max: new Date('9999-12-31'),
    noInvalidDate: true,
  })
  .map(date => date.toISOString().slice(0, 10));
const two = (max: number) =>
  fc.nat({ max }).map(number => String(number).padStart(2, '0'));
const moment = fc
  .tuple(
    day,
    two(23),
    two(59),
    two(59),
    fc.option(fc.stringMatching(/^[0-9]{1,6}$/)),
    fc.oneof(
      fc.constant('Z'),
      fc.stringMatching(/^[+-](0\d|1\d|2[0-3]):[0-5]\d$/),
    ),
  )
  .map(
    ([date, hour, minute, second, fraction, zone]) =>
      `${date}T${hour}:${minute}:${second}${
        fraction === null ? '' : `.${fraction}`
      }${zone}`,
  );

function scalarOf(field: SignatureField): fc.Arbitrary<unknown> {
  const { type, minimum, maximum } = field;
  if (field.enum) return fc.constantFrom(...field.enum);
  switch (type) {
    case 'number':
      return fc.double({
        min: minimum,
        max: maximum,
        noNaN: true,
        noDefaultInfinity: true,
      });
    case 'integer':
      return fc.maxSafeInteger().map(number => {
        const least = Math.ceil(minimum ?? Number.MIN_SAFE_INTEGER);
        const most = Math.floor(maximum ?? Number.MAX_SAFE_INTEGER);
        return Math.min(Math.max(number, least), most);
      });
    case 'boolean':
      return fc.boolean();
    case 'date':
      return day;
    case 'datetime':
      return moment;
    case 'bytes':
      return fc
        .uint8Array({ maxLength: 9 })
        .map(bytes => Buffer.from(bytes).toString('base64'));
    case 'object':
      return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), {
        noNullPrototype: true,
      });
    default:
      return fc.string({ unit: 'binary-ascii' });
  }
}

function shapedOf(scalar: fc.Arbitrary<unknown>, sizes: number[]) {
  return [...sizes]
    .reverse()
    .reduce<fc.Arbitrary<unknown>>(
      (inner, size) => fc.array(inner, { minLength: size, maxLength: size }),
      scalar,
    );
}

/** Values that the field takes; open dimensions are of one size throughout. */
export function valueOf(field: SignatureField): fc.Arbitrary<unknown> {
  const scalar = scalarOf(field);
  const { shape } = field;
  if (!shape) return scalar;
  return fc
    .tuple(
      ...shape.map(size =>
        size === -1 ? fc.nat({ max: 3 }) : fc.constant(size),
      ),
    )
    .chain(sizes => shapedOf(scalar, sizes));
}

const types: Array<SignatureField['type']> = [
  'number',
  'integer',
  'string',
  'boolean',
  'date',
  'datetime',
  'bytes',
  'object',
];

const bounds: Record<string, fc.Arbitrary<Partial<SignatureField>>> = {
  number: fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.nat({ max: 9 }))
    .map(([minimum, more]) => ({ minimum, maximum: minimum + more / 2 })),
  integer: fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.nat({ max: 9 }))
    .map(([minimum, more]) => ({ minimum, maximum: minimum + more })),
  string: fc.constant({ enum: ['', 'a', 'ä', '1', 'null'] }),
};

const fieldNamed = (name: string): fc.Arbitrary<SignatureField> =>
  fc
    .record({
      type: fc.constantFrom(...types),
      shape: fc.option(
        fc.array(fc.constantFrom(-1, 1, 2), { minLength: 1, maxLength: 2 }),
        { nil: undefined, freq: 2 },
      ),
      isBounded: fc.boolean(),
      may: fc.constantFrom('be there', 'be null', 'have a default'),
    })
    .chain(({ type, shape, isBounded, may }) => {
      const bounded = (isBounded && bounds[type]) || fc.constant({});
      return bounded.chain(bound => {
        const field: SignatureField = {
          name,
          type,
          ...(shape ? { shape } : {}),
          ...bound,
        };
        if (may === 'have a default')
          return valueOf(field).map(value => ({ ...field, default: value }));
        return fc.constant(
          may === 'be null' ? { ...field, optional: true } : field,
        );
      });
    });

/** Names that code may stumble over. */
const NAMES = ['a', 'b c', 'constructor', 'ä', 'toString', 'x"y', 'inputs'];

export const anySignature: fc.Arbitrary<Signature> = fc
  .subarray(NAMES, { minLength: 1, maxLength: 4 })
  .chain(names => fc.tuple(...names.map(fieldNamed)))
  .map(inputs => ({
    inputs,
    outputs: [{ name: 'answer', type: 'integer' as const }],
  }));

/** Lists or objects within each other, about as deep as is taken, and far deeper. */
export const deep = fc
  .tuple(fc.constantFrom(40, 100, 101, 400, 900), fc.boolean())
  .map(([levels, isList]) =>
    Array.from({ length: levels - 1 }).reduce<unknown>(
      inner => (isList ? [inner] : { a: inner }),
      isList ? [] : {},
    ),
  );

/** What is near to a value of the field, and mostly none. */
const nearby = (field: SignatureField): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    deep,
    deep.map(value => [{ within: value }]),
    valueOf({ ...field, minimum: undefined, maximum: undefined }),
    valueOf({ ...field, shape: undefined }),
    valueOf({ ...field, shape: [-1] }),
    fc.constantFrom(
      '',
      null,
      0,
      1e300,
      2 ** 53,
      -0.5,
      '2026-02-30',
      '2026-05-01T24:00:00Z',
      'AAA',
      'AA==\n',
    ),
    ...types.map(type => valueOf({ name: field.name, type })),
  );

/** Lines for the signature: some that fit, some with something wrong in them. */
export function anyLine({ inputs }: Signature): fc.Arbitrary<unknown> {
  const fitting = fc
    .tuple(
      ...inputs.map(field =>
        fc.tuple(fc.constant(field), valueOf(field), fc.boolean()),
      ),
    )
    .map(values =>
      Object.fromEntries(
        values
          .filter(
            ([field, , isLeftOut]) =>
              !isLeftOut || !(field.optional || field.default !== undefined),
          )
          .map(([field, value]) => [field.name, value]),
      ),
    );
  const changed = fc
    .tuple(fitting, fc.constantFrom(...inputs))
    .chain(([line, field]) =>
      fc.oneof(
        nearby(field).map(value => ({ ...line, [field.name]: value })),
        fc.constant(
          Object.fromEntries(
            Object.entries(line).filter(([name]) => name !== field.name),
          ),
        ),
        fc.jsonValue({ maxDepth: 1 }).map(value => ({ ...line, more: value })),
      ),
    );
  const oneOf = fc.oneof(
    { weight: 3, arbitrary: fitting },
    { weight: 1, arbitrary: changed },
  );
  return fc.oneof(
    { weight: 4, arbitrary: fitting },
    { weight: 5, arbitrary: changed },
    { weight: 2, arbitrary: fc.array(oneOf, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
}

/** Whether no value is nested deeper than runners take, which no JSON Schema says either. */
export function isShallow({ inputs }: Signature, line: object): boolean {
  const levelsOf = (value: unknown) => {
    let levels = 0;
    for (
      let level = [value];
      (level = level.filter(one => typeof one === 'object' && one !== null))
        .length > 0;
      level = level.flatMap(one => Object.values(one as object))
    )
      levels += 1;
    return levels;
  };
  return inputs.every(
    ({ name, shape = [] }) =>
      levelsOf(Object.hasOwn(line, name) && Reflect.get(line, name)) <=
      100 + shape.length,
  );
}

/** Whether lists of each field are as long in all lines, as a tensor has them. */
export function areAlike({ inputs }: Signature, lines: object[]): boolean {
  const shapeOf = (value: unknown): string =>
    Array.isArray(value) ? `${value.length},${shapeOf(value[0])}` : '';
  return inputs.every(
    ({ name, default: fallback }) =>
      new Set(
        lines.map(line =>
          shapeOf(
            Object.hasOwn(line, name) ? Reflect.get(line, name) : fallback,
          ),
        ),
      ).size <= 1,
  );
}

/** Whether nested lists are of one shape, which no JSON Schema says. */
export function isRectangular({ inputs }: Signature, line: object): boolean {
  const shapeOf = (value: unknown): unknown =>
    Array.isArray(value) && value.length > 0
      ? [value.length, shapeOf(value[0])]
      : [Array.isArray(value) ? 0 : -1];
  const isEven = (value: unknown): boolean =>
    !Array.isArray(value) ||
    (value.every(isEven) &&
      value.every(
        item =>
          JSON.stringify(shapeOf(item)) === JSON.stringify(shapeOf(value[0])),
      ));
  return inputs.every(
    ({ name, shape }) =>
      !shape?.slice(1).includes(-1) || isEven(Reflect.get(line, name)),
  );
}
