import { WireSignatureField } from '@model-platform/model-wire';
import { parse } from 'csv-parse/sync';
import { parseText } from '../parseText';
import { RequestError } from '../RequestError';
import { Columns } from './Columns';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
]);

/** A cell as JSON would carry it; what cannot be read stays text, which the signature's reader names. */
function cellOf(field: WireSignatureField, text: string): unknown {
  if (field.shape?.length || field.type === 'object') {
    try {
      return parseText(text);
    } catch {
      return text;
    }
  }
  switch (field.type) {
    case 'number':
    case 'integer':
      if (NUMBER.test(text)) return Number(text);
      return text === '' || text.toLowerCase() === 'nan' ? null : text;
    case 'boolean':
      return BOOLEANS.get(text.toLowerCase()) ?? (text === '' ? null : text);
    case 'string':
      return text === '' && (field.optional || field.default !== undefined)
        ? null
        : text;
    default:
      return text === '' ? null : text;
  }
}

const quotesIn = (text: string) => text.split('"').length - 1;

/**
 * Cells of CSV: lines may end in each way at once, and a quote within a bare
 * cell is text.
 *
 * @throws Error where the text is no CSV
 */
function cellsOf(text: string): string[][] {
  let quotes = 0;
  const table: string[][] = parse(text, {
    bom: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_quotes: true,
    cast(cell, { quoting }) {
      quotes += quoting ? 2 * quotesIn(cell) + 2 : quotesIn(cell);
      return cell;
    },
  });
  // The parser also takes text after a closing quote; such a cell, written as it was read, has more quotes.
  if (quotes !== quotesIn(text)) throw new Error('text after a closing quote');
  return table;
}

/**
 * Lines of CSV whose first line has the names of the columns.
 *
 * @throws RequestError 400
 */
export function linesOfCsv(columns: Columns, text: string): unknown[] {
  let table: string[][];
  try {
    table = cellsOf(text);
  } catch {
    throw new RequestError(
      400,
      'Failed to parse input as a data frame. Ensure that the input is valid CSV with the names of the columns in its first line.',
    );
  }
  const [names = [], ...rows] = table;
  if (new Set(names).size !== names.length)
    throw new RequestError(
      400,
      'The first line of the CSV names a column twice.',
    );
  return rows.map(row =>
    columns.line(
      names.map((name, at) => {
        const field = columns.get(name);
        return [name, field && cellOf(field, row[at])];
      }),
    ),
  );
}
