import { requireLevels } from '../levels';
import { parseText } from '../parseText';
import { RequestError } from '../RequestError';
import { typeOf } from '../typeOf';
import { Columns } from './Columns';

const FORMATS = [
  'dataframe_split',
  'dataframe_records',
  'instances',
  'inputs',
] as const;
const FORMAT = `The input must be a JSON dictionary with exactly one of the input fields ${FORMATS.join(
  ', ',
)}`;

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const wrong = (message: string) => new RequestError(400, message);

/** Python writes NaN for a missing number, which is no JSON. */
function parse(text: string): unknown {
  try {
    return parseText(text);
  } catch {
    const mended = text.replace(
      // A text that does not end goes to the end: what follows is not looked at again.
      /("(?:\\[^]|[^"\\])*"?)|\bNaN\b/g,
      (_, quoted?: string) => quoted ?? 'null',
    );
    try {
      return parseText(mended);
    } catch {
      throw wrong('Ensure that input is a valid JSON formatted string.');
    }
  }
}

function listOf(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`${what} must be a list, not ${typeOf(value)}.`);
}

/**
 * Lines of MLflow's scoring protocol, by the names of the signature:
 * https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
 *
 * @throws RequestError 400
 */
export function linesOfJson(columns: Columns, text: string): unknown[] {
  const body = parse(text);
  if (!isObject(body)) throw wrong(`${FORMAT}, not ${typeOf(body)}.`);
  const given = FORMATS.filter(name => Object.hasOwn(body, name));
  if (given.length !== 1)
    throw wrong(
      `${FORMAT}; given are ${given.length > 0 ? given.join(', ') : 'none'}.`,
    );
  const params = body.params ?? {};
  if (!isObject(params))
    throw wrong(`params must be a dictionary, not ${typeOf(params)}.`);
  const [format] = given;
  for (const [name, value] of Object.entries(body))
    if (name !== format) requireLevels(name.slice(0, 100), value);
  const data = body[format];
  if (format === 'dataframe_split') return linesOfSplit(columns, data);
  if (format === 'inputs' && isObject(data)) return linesOfDict(columns, data);
  const list = listOf(data, format);
  return format === 'dataframe_records' || list.some(isObject)
    ? list.map(line =>
        isObject(line) ? columns.line(Object.entries(line)) : line,
      )
    : linesOfTensor(columns, list, format);
}

function linesOfSplit(columns: Columns, frame: unknown): unknown[] {
  if (!isObject(frame))
    throw wrong(`dataframe_split must be a dictionary, not ${typeOf(frame)}.`);
  const { columns: given, data, ...others } = frame;
  const names = listOf(given, 'dataframe_split.columns').map((name, at) => {
    if (typeof name === 'string') return name;
    requireLevels(`dataframe_split.columns[${at}]`, name);
    return JSON.stringify(name);
  });
  for (const [name, value] of Object.entries(others))
    requireLevels(`dataframe_split.${name.slice(0, 100)}`, value);
  if (new Set(names).size !== names.length)
    throw wrong('dataframe_split.columns names a column twice.');
  return listOf(data, 'dataframe_split.data').map((row, index) => {
    const values = listOf(row, `dataframe_split.data[${index}]`);
    if (values.length !== names.length)
      throw wrong(
        `dataframe_split.data[${index}] has ${values.length} values for ${names.length} columns.`,
      );
    return columns.line(names.map((name, at) => [name, values[at]]));
  });
}

/** A list of values for each input. */
function linesOfDict(columns: Columns, data: Fields): unknown[] {
  const lists = Object.entries(data)
    .filter(([name, list]) => columns.isInput(name, list))
    .map(([name, list]) => [name, listOf(list, `inputs.${name}`)] as const);
  const sizes = new Set(lists.map(([, list]) => list.length));
  const [size = 0] = sizes;
  if (sizes.size > 1)
    throw wrong('All lists of inputs must have the same number of values.');
  return Array.from({ length: size }, (_, index) =>
    columns.line(lists.map(([name, list]) => [name, list[index]])),
  );
}

/** Without names, values are told by their order. */
function linesOfTensor(
  columns: Columns,
  list: unknown[],
  format: string,
): unknown[] {
  const { names } = columns;
  const [only] = names;
  if (names.length === 1) {
    const isScalar = !columns.get(only)?.shape?.length;
    return list.map(item =>
      columns.line([
        [
          only,
          isScalar && Array.isArray(item) && item.length === 1 ? item[0] : item,
        ],
      ]),
    );
  }
  return list.map((item, index) => {
    if (!Array.isArray(item) || item.length !== names.length)
      throw wrong(
        `${format}[${index}] must be a dictionary by name, or the ${
          names.length
        } values of ${names.join(', ')}.`,
      );
    return columns.line(names.map((name, at) => [name, item[at]]));
  });
}
