import { Columns } from './Columns';
import { linesOfCsv } from './linesOfCsv';

describe('linesOfCsv', () => {
  const columns = new Columns({
    inputs: [
      { name: 'note', type: 'string' },
      { name: 'size', type: 'string' },
    ],
    outputs: [],
  });
  const read = (text: string) => linesOfCsv(columns, text);

  it.each([
    ['a quote within a bare cell', 'note,size\nA 5" screen,7""\n', '5"', '7""'],
    [
      'quoted cells',
      'note,size\n"A ""5"" screen","""7"",\r\n8"\n',
      '"5"',
      '"7",\r\n8',
    ],
    ['a head with another end', 'note,size\r\nA 5 screen,7\n', '5', '7'],
    ['lines with another end', '\ufeffnote,size\n\rA 5 screen,7\r\n', '5', '7'],
  ])('takes %s', (_, text, inches, size) => {
    expect(read(text)).toEqual([{ note: `A ${inches} screen`, size }]);
  });

  it.each([
    ['text after a closing quote', 'note,size\n"A 5" screen,7\n'],
    ['the same beside cells with quotes', 'note,size\n7","""a""y"\n"a"y","\n'],
    ['a blank after a closing quote', 'note,size\n"A" ,7\n'],
    ['a quote that is never closed', 'note,size\n"A,7\n'],
    ['a cell too many', 'note,size\nA,7,8\n'],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow('valid CSV');
  });
});
