import { SignatureField } from '../types';
import { publishedSignature } from './publishedSignature';
import { signatureBreaks } from './signatureBreaks';

type Field = Partial<SignatureField> | undefined;

const of = (side: 'inputs' | 'outputs', field: Field) => ({
  inputs: [],
  outputs: [],
  [side]: field ? [{ name: 'x', type: 'number' as const, ...field }] : [],
});

describe('signatureBreaks', () => {
  // Side, before, after, and the rule that is broken; none where it is compatible.
  const cases: Array<['inputs' | 'outputs', Field, Field, string?]> = [
    ['inputs', {}, {}],
    ['outputs', {}, {}],
    // There or not.
    ['inputs', {}, undefined, 'was removed'],
    ['inputs', { optional: true }, undefined, 'was removed'],
    ['inputs', undefined, {}, 'is a new required input'],
    ['inputs', undefined, { optional: true }],
    ['inputs', undefined, { default: 3 }],
    ['inputs', { optional: true }, {}, 'is required now'],
    ['inputs', { default: 3 }, {}, 'is required now'],
    ['inputs', { default: 3 }, { default: 4 }],
    ['inputs', { default: 3 }, { optional: true }],
    ['inputs', {}, { optional: true }],
    ['inputs', {}, { default: 3 }],
    [
      'inputs',
      { optional: true },
      { default: 3 },
      'does not take null any more',
    ],
    ['outputs', {}, undefined, 'was removed'],
    ['outputs', { optional: true }, undefined, 'was removed'],
    ['outputs', undefined, {}],
    [
      'outputs',
      {},
      { optional: true },
      'may be missing now, and was always there',
    ],
    ['outputs', { optional: true }, {}],
    // Types.
    ['inputs', {}, { type: 'string' }, 'has the type string instead of number'],
    [
      'inputs',
      { type: 'integer' },
      {},
      'has the type number instead of integer',
    ],
    [
      'outputs',
      {},
      { type: 'integer' },
      'has the type integer instead of number',
    ],
    [
      'outputs',
      { type: 'date' },
      { type: 'string' },
      'has the type string instead of date',
    ],
    // Shapes.
    ['inputs', { shape: [3] }, { shape: [3] }],
    ['inputs', { shape: [] }, {}],
    ['inputs', { shape: [3] }, { shape: [-1] }],
    [
      'inputs',
      { shape: [-1] },
      { shape: [3] },
      'has the shape [3] instead of [-1]',
    ],
    [
      'inputs',
      { shape: [2, 3] },
      { shape: [2, 4] },
      'has the shape [2, 4] instead of [2, 3]',
    ],
    ['inputs', {}, { shape: [1] }, 'has the shape [1] instead of none'],
    ['outputs', { shape: [-1] }, { shape: [3] }],
    [
      'outputs',
      { shape: [3] },
      { shape: [-1] },
      'has the shape [-1] instead of [3]',
    ],
    ['outputs', { shape: [3] }, {}, 'has the shape none instead of [3]'],
    // Values.
    ['inputs', { enum: ['a', 'b'] }, { enum: ['b', 'a', 'c'] }],
    [
      'inputs',
      { enum: ['a', 'b', 'c'] },
      { enum: ['a'] },
      'does not take b, c any more',
    ],
    ['inputs', {}, { enum: [1, 2] }, 'takes only 1, 2 now'],
    ['inputs', { enum: [1, 2] }, {}],
    ['outputs', { enum: ['a', 'b'] }, { enum: ['a'] }],
    ['outputs', { enum: ['a'] }, { enum: ['a', 'b'] }, 'may be b now'],
    ['outputs', { enum: ['a'] }, {}, 'may be other than a now'],
    ['outputs', {}, { enum: ['a'] }],
    // Bounds.
    ['inputs', { minimum: 0 }, { minimum: -1 }],
    ['inputs', { minimum: 0 }, {}],
    [
      'inputs',
      { minimum: 0 },
      { minimum: 1 },
      'has the minimum 1 instead of 0',
    ],
    ['inputs', {}, { minimum: 0 }, 'has the minimum 0 instead of none'],
    ['inputs', { maximum: 9 }, { maximum: 10 }],
    ['inputs', { maximum: 9 }, {}],
    [
      'inputs',
      { maximum: 9 },
      { maximum: 8 },
      'has the maximum 8 instead of 9',
    ],
    ['inputs', {}, { maximum: 8 }, 'has the maximum 8 instead of none'],
    ['outputs', { minimum: 0 }, { minimum: 1 }],
    [
      'outputs',
      { minimum: 0 },
      { minimum: -1 },
      'has the minimum -1 instead of 0',
    ],
    ['outputs', { minimum: 0 }, {}, 'has the minimum none instead of 0'],
    ['outputs', {}, { minimum: 0 }],
    ['outputs', { maximum: 1 }, { maximum: 0.5 }],
    [
      'outputs',
      { maximum: 1 },
      { maximum: 2 },
      'has the maximum 2 instead of 1',
    ],
    ['outputs', { maximum: 1 }, {}, 'has the maximum none instead of 1'],
    // What it means.
    ['inputs', { unit: 'kg' }, { unit: 'g' }, 'has the unit g instead of kg'],
    ['outputs', { unit: 'kg' }, { unit: 'g' }, 'has the unit g instead of kg'],
    ['inputs', {}, { unit: 'kg' }],
    ['inputs', { description: 'one' }, { description: 'another', example: 1 }],
  ];

  it.each(
    cases.map(([side, before, after, rule]) => ({ side, before, after, rule })),
  )('$side: $before then $after', ({ side, before, after, rule }) => {
    expect(signatureBreaks(of(side, before), of(side, after))).toEqual(
      rule ? [{ field: `${side}.x`, rule }] : [],
    );
  });

  it('names every difference', () => {
    expect(
      signatureBreaks(
        {
          inputs: [
            { name: 'age', type: 'integer', minimum: 0, maximum: 120 },
            { name: 'plan', type: 'string', enum: ['basic', 'plus'] },
          ],
          outputs: [{ name: 'score', type: 'number' }],
        },
        {
          inputs: [
            { name: 'age', type: 'integer', minimum: 18, maximum: 99 },
            { name: 'region', type: 'string' },
          ],
          outputs: [],
        },
      ).map(({ field }) => field),
    ).toEqual([
      'inputs.age',
      'inputs.age',
      'inputs.plan',
      'inputs.region',
      'outputs.score',
    ]);
  });
});

describe('publishedSignature', () => {
  const variant = (
    name: string,
    weight: number,
    ...inputs: SignatureField[]
  ) => ({
    name,
    weight,
    signature: { inputs, outputs: [] },
  });
  const age: SignatureField = { name: 'age', type: 'integer' };
  const region: SignatureField = {
    name: 'region',
    type: 'string',
    optional: true,
  };

  it('is that of the variant whose calls all others take, the busiest first', () => {
    const old = variant('old', 10, age);
    const wider = variant('wider', 90, age, region);
    expect(publishedSignature([old, wider])).toEqual({
      published: old,
      breaks: [],
    });
    expect(publishedSignature([wider, old])).toEqual({
      published: old,
      breaks: [],
    });
    expect(publishedSignature([old])).toEqual({ published: old, breaks: [] });
    const same = variant('same', 40, age);
    expect(publishedSignature([old, same]).published).toBe(same);
    expect(publishedSignature([])).toEqual({
      published: undefined,
      breaks: [],
    });
  });

  it('names what variants break of the busiest where no call fits all', () => {
    const one = variant('one', 60, age);
    const other = variant('other', 40, { name: 'age', type: 'string' });
    expect(publishedSignature([other, one])).toEqual({
      published: one,
      breaks: [
        {
          variant: 'other',
          field: 'inputs.age',
          rule: 'has the type string instead of integer',
        },
      ],
    });
  });
});
