import { WireSignatureField } from '@model-platform/model-wire';
import { AnswerSchema } from '../flavors/prompt/AnswerSchema';
import { Columns } from './Columns';
import { linesOfCsv } from './linesOfCsv';
import { linesOfJson } from './linesOfJson';

const fields: WireSignatureField[] = [
  { name: 'amount', type: 'number' },
  { name: 'note', type: 'string', optional: true },
];
/** A pattern that goes back and forth takes minutes for these. */
const LONG = 400_000;

describe('texts that callers and language models send', () => {
  const columns = new Columns({ inputs: fields, outputs: [] });

  it('are read once: numbers of CSV', () => {
    const digits = `${'1'.repeat(LONG)}x`;
    expect(linesOfCsv(columns, `amount\n${digits}\n1.5e3\n.5\n2.\n`)).toEqual([
      { amount: digits },
      { amount: 1500 },
      { amount: 0.5 },
      { amount: 2 },
    ]);
  });

  it('are read once: JSON with what is no number, and a text without an end', () => {
    expect(
      linesOfJson(
        columns,
        '{"instances": [{"amount": NaN, "note": "NaN \\" NaN"}]}',
      ),
    ).toEqual([{ amount: null, note: 'NaN " NaN' }]);
    expect(() => linesOfJson(columns, `{"a": "${'\\"'.repeat(LONG)}`)).toThrow(
      'valid JSON',
    );
  });

  it('are read once: JSON in a fence', () => {
    const schema = new AnswerSchema({
      type: 'object',
      properties: { a: { type: 'integer' } },
    });
    for (const text of [
      '{"a": 1}',
      '```json\n{"a": 1}\n```',
      ' ```\n\n{"a": 1}\n\n```\n ',
    ])
      expect(schema.read(text)).toMatchObject({ answer: { a: 1 } });
    for (const text of [
      `\`\`\`json${'\n'.repeat(LONG)}`,
      `${' '.repeat(LONG)}\`\`\`json${' '.repeat(LONG)}x`,
    ])
      expect(schema.read(text)).toHaveProperty('problems');
  });
});
