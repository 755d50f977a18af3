import { SignatureField } from '../types';
import { EndpointFacts } from './EndpointFacts';
import { fieldNotes } from './fieldNotes';

const types: Record<SignatureField['type'], string> = {
  number: 'number',
  integer: 'number',
  string: 'string',
  boolean: 'boolean',
  date: 'string',
  datetime: 'string',
  bytes: 'string',
  object: 'Record<string, unknown>',
};

const isName = (text: string) => /^[A-Za-z_$][\w$]*$/.test(text);
const comment = (text: string) => text.replace(/\*\//g, '* /');

function typeOf(field: SignatureField, role: 'input' | 'output'): string {
  const shape = field.shape ?? [];
  const scalar = field.enum
    ? field.enum.map(value => JSON.stringify(value)).join(' | ')
    : types[field.type];
  // What JSON has no number for is null.
  const element =
    role === 'output' && field.type === 'number' ? `${scalar} | null` : scalar;
  const shaped = shape.reduce(type => `Array<${type}>`, element);
  return field.optional && !shaped.endsWith('| null')
    ? `${shaped} | null`
    : shaped;
}

function member(field: SignatureField, role: 'input' | 'output'): string {
  const name = isName(field.name) ? field.name : JSON.stringify(field.name);
  const mayLack =
    role === 'input' && (field.optional || field.default !== undefined);
  const notes = fieldNotes(field);
  return [
    ...(notes ? [`  /** ${comment(notes)} */`] : []),
    `  ${name}${mayLack ? '?' : ''}: ${typeOf(field, role)};`,
  ].join('\n');
}

const members = (fields: SignatureField[], role: 'input' | 'output') =>
  fields.map(field => member(field, role)).join('\n');

/**
 * A typed client of an endpoint, one file without dependencies, for Node and
 * browsers. Its types are the signature's.
 *
 * @public
 */
export function typescriptClient(facts: EndpointFacts): string {
  const { endpoint, model, version, signature, example } = facts;
  const about = comment(
    `${model.name}, version ${version}`.replace(/\s/g, ' '),
  );
  return `/** Client of the endpoint ${endpoint}: ${about}. Made from its signature. */

/** One line that the model takes. */
export interface Inputs {
${members(signature.inputs, 'input')}
}

/** What it answers to a line. */
export interface Outputs {
${members(signature.outputs, 'output')}
}

export interface Answer<T> {
  outputs: T;
  /** Which version answered. */
  model: { name: string; version: number; variant: string };
  /** Finds the call in the logs. */
  requestId: string;
}

/** A call that was not answered: 400 names the wrong fields; 429 and 503 say when to come back. */
export class EndpointError extends Error {
  readonly status: number;
  readonly fields: Array<{ path: string; message: string }>;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, body: ErrorBody) {
    super(body.error?.message ?? \`The endpoint answered \${response.status}\`);
    const retryAfter = response.headers.get('retry-after');
    this.name = body.error?.name ?? 'EndpointError';
    this.status = response.status;
    this.fields = body.error?.fields ?? [];
    this.requestId = body.requestId;
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

interface ErrorBody {
  error?: {
    name: string;
    message: string;
    fields?: Array<{ path: string; message: string }>;
  };
  requestId?: string;
}

export class Client {
  readonly #url: string;
  readonly #token: string;

  /** @param url - the endpoint's address, without /predict */
  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  predict(inputs: Inputs, signal?: AbortSignal): Promise<Answer<Outputs>> {
    return this.#post(inputs, signal);
  }

  /** At most 1,000 lines. */
  predictBatch(
    inputs: Inputs[],
    signal?: AbortSignal,
  ): Promise<Answer<Outputs[]>> {
    return this.#post(inputs, signal);
  }

  async #post<T>(
    inputs: Inputs | Inputs[],
    signal: AbortSignal | undefined,
  ): Promise<Answer<T>> {
    const response = await fetch(\`\${this.#url}/predict\`, {
      method: 'POST',
      headers: {
        authorization: \`Bearer \${this.#token}\`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ inputs }),
      signal: signal ?? null,
    });
    if (response.ok) return response.json();
    throw new EndpointError(response, await response.json().catch(() => ({})));
  }
}
${example ? usage(example) : ''}`;
}

function usage(example: Record<string, unknown>): string {
  const lines = [
    "const client = new Client('<url>', '<token>');",
    `const { outputs } = await client.predict(${JSON.stringify(
      example,
      undefined,
      2,
    )});`,
  ];
  return `\n${lines.join('\n').replace(/^/gm, '// ')}\n`;
}
