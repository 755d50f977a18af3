import { SignatureField } from '../types';
import { signatureProblems } from './signatureProblems';

const problemsOf = (
  input: Partial<SignatureField>,
  example?: Record<string, unknown>,
) =>
  signatureProblems({
    signature: {
      inputs: [{ name: 'x', type: 'number', ...input }],
      outputs: [{ name: 'y', type: 'number' }],
    },
    example,
  }).map(({ field, rule }) => `${field} ${rule}`);

describe('signatureProblems', () => {
  it('finds nothing wrong with what fits', () => {
    for (const [input, value] of [
      [{ minimum: 0, maximum: 9, default: 3, example: 4.5 }, 0],
      [{ type: 'integer', enum: [1, 2], shape: [2], default: [1, 2] }, [2, 2]],
      [{ type: 'string', enum: ['a'], optional: true }, null],
      [{ type: 'date', default: '2024-02-29' }, '0001-01-01'],
      [{ type: 'datetime', shape: [-1] }, ['2026-05-01T12:00:00.5+02:00']],
      [{ type: 'bytes', example: 'AA==' }, ''],
      [{ type: 'object', default: {} }, { a: 1 }],
    ] as Array<[Partial<SignatureField>, unknown]>) {
      expect(problemsOf(input, { x: value })).toEqual([]);
    }
  });

  it('names defaults, examples and listed values that the field does not take', () => {
    expect(
      problemsOf({ minimum: 2, maximum: 1, default: '1', example: 5 }),
    ).toEqual([
      'signature.inputs[0].minimum is greater than the maximum 1',
      'signature.inputs[0].default must be a number, not string',
      'signature.inputs[0].example must be at most 1',
    ]);
    expect(problemsOf({ type: 'integer', enum: [1, 1.5] })).toEqual([
      'signature.inputs[0].enum must be an integer, not number in all its values',
    ]);
    expect(problemsOf({ type: 'date', minimum: 1, enum: ['a'] })).toEqual([
      'signature.inputs[0].minimum is for number and integer only, not for date',
      'signature.inputs[0].enum is for string, number, integer only, not for date',
    ]);
    expect(problemsOf({ shape: [2, -1], default: [[1], [2, 3]] })).toEqual([
      'signature.inputs[0].default must have elements of one shape',
    ]);
    expect(problemsOf({ type: 'bytes', default: '?' })).toEqual([
      'signature.inputs[0].default must be bytes in base64, not other text',
    ]);
  });

  it('refuses an example that the endpoint would refuse', () => {
    const told = ': the example must be one that the endpoint answers';
    expect(problemsOf({ type: 'date' }, { x: '1.5.2026', z: 1 })).toEqual([
      `example.x must be a date such as 2026-05-01, not other text${told}`,
      `example.z is not an input of this model${told}`,
    ]);
    expect(problemsOf({ shape: [1] }, {})).toEqual([
      `example.x is missing${told}`,
    ]);
    expect(problemsOf({ shape: [1] }, { x: ['a'] })).toEqual([
      `example.x[0] must be a number, not string${told}`,
    ]);
  });
});
