import { Request } from 'express';
import { invalidParameter } from '../MlflowError';

const SEE = 'See the API docs for more information about request parameters.';

export interface Tag {
  key: string;
  value: string;
}

type Kind =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'strings'
  | 'tags'
  | 'object'
  | 'objects'
  | 'number'
  | 'status';

interface Values {
  string: string;
  integer: number;
  number: number;
  boolean: boolean;
  strings: string[];
  tags: Tag[];
  object: Record<string, unknown>;
  objects: Array<Record<string, unknown>>;
  /** A word of a list, or its number on the wire. */
  status: string | number;
}

/** `name*` must be there and not empty. */
export type Shape = Record<string, Kind | `${Kind}*`>;

/** What was given, by a shape. */
export type Parameters<S extends Shape> = {
  [K in keyof S]: S[K] extends `${infer T extends Kind}*`
    ? Values[T]
    : S[K] extends Kind
    ? Values[S[K]] | undefined
    : never;
};

/**
 * A request's parameters: of the address for GET, else of the body, which must
 * be JSON. Throws what MLflow answers to missing ones and to wrong types.
 */
export function readParameters<S extends Shape>(
  req: Request,
  shape: S,
): Parameters<S> {
  // Nothing is asked of a body that says nothing.
  if (Object.keys(shape).length === 0) return {} as Parameters<S>;
  const inQuery = req.method === 'GET' && hasQuery(req);
  const given = inQuery ? req.query : bodyOf(req);
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(shape)) {
    const required = kind.endsWith('*');
    const key = nameIn(given, name);
    const raw = Object.hasOwn(given, key) ? given[key] : undefined;
    // The wire's way of saying nothing.
    if (raw === undefined || raw === null || (required && raw === '')) {
      if (required) {
        throw missingValue(name);
      }
      continue;
    }
    const value = readAs(
      kind.replace('*', ''),
      // An address says a list of one as it says a text.
      inQuery && kind.startsWith('strings') && typeof raw === 'string'
        ? [raw]
        : raw,
    );
    if (value === undefined) throw invalidValue(name, raw);
    values[name] = value;
  }
  return values as Parameters<S>;
}

export function missingValue(name: string) {
  return invalidParameter(
    `Missing value for required parameter '${name}'. ${SEE}`,
  );
}

export function invalidValue(name: string, raw: unknown) {
  return invalidParameter(
    `Invalid value ${JSON.stringify(
      raw,
    )} for parameter '${name}' supplied:  Hint: Value was of type '${typeOf(
      raw,
    )}'. ${SEE}`,
  );
}

/** Oldest clients call a run's id its UUID. */
function nameIn(given: object, name: string): string {
  return name === 'run_id' && !Object.hasOwn(given, name) ? 'run_uuid' : name;
}

function hasQuery(req: Request): boolean {
  return Object.keys(req.query).length > 0;
}

function bodyOf(req: Request): Record<string, unknown> {
  const sent = Number(req.get('content-length') ?? 0) > 0;
  if ((req.method !== 'GET' || sent) && !req.is('application/json')) {
    throw invalidParameter(
      "Bad Request. Content-Type must be one of ['application/json'].",
    );
  }
  const body: unknown = req.body;
  return isObject(body) ? body : {};
}

function readAs(kind: string, raw: unknown): unknown {
  switch (kind) {
    case 'string':
      return typeof raw === 'string' ? raw : undefined;
    case 'integer':
      return integerOf(raw);
    case 'status':
      return typeof raw === 'number' || typeof raw === 'string'
        ? raw
        : undefined;
    case 'number':
      return numberOf(raw);
    case 'boolean':
      if (typeof raw === 'boolean') return raw;
      return raw === 'true' || raw === 'false' ? raw === 'true' : undefined;
    case 'strings':
      return Array.isArray(raw) && raw.every(one => typeof one === 'string')
        ? raw
        : undefined;
    case 'tags':
      return tagsOf(raw);
    case 'objects':
      return Array.isArray(raw) && raw.every(isObject) ? raw : undefined;
    default:
      return isObject(raw) ? raw : undefined;
  }
}

/** JSON has no words for them, so protobuf writes them as text. */
export function numberOf(raw: unknown): number | undefined {
  if (typeof raw === 'number') return raw;
  if (raw === 'NaN') return NaN;
  if (raw === 'Infinity') return Infinity;
  if (raw === '-Infinity') return -Infinity;
  return typeof raw === 'string' &&
    raw.trim() !== '' &&
    Number.isFinite(Number(raw))
    ? Number(raw)
    : undefined;
}

/** Integers of 64 bits are written as text too. */
export function integerOf(raw: unknown): number | undefined {
  const text = typeof raw === 'number' ? String(raw) : raw;
  return typeof text === 'string' && /^-?\d{1,16}$/.test(text)
    ? Number(text)
    : undefined;
}

export function tagsOf(raw: unknown): Tag[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const tags: Tag[] = [];
  for (const one of raw) {
    if (!isObject(one)) return undefined;
    const { key = '', value = '' } = one;
    if (typeof key !== 'string' || typeof value !== 'string') return undefined;
    tags.push({ key, value });
  }
  return tags;
}

/** Tags as one object; of two of one name the last one counts. */
export function textsOf(tags: Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What MLflow's server, which is written in Python, calls the type. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    default:
      return 'dict';
  }
}
