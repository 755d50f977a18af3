import fs from 'node:fs';
import { join, resolve } from 'node:path';

export const CONFORMANCE = resolve(__dirname, '../../../../test/conformance');

export const readConformance = (file: string) =>
  JSON.parse(fs.readFileSync(join(CONFORMANCE, file), 'utf8'));

type Members = Record<string, unknown>;
type Tensor = Members & { name: string };
type Part = { name: string } & (
  | { text: string }
  | { bytes: string }
  | { file: string }
);

/** As `test/conformance/README.md` says it. */
export interface ConformanceCase {
  name: string;
  request: {
    method: string;
    path: string;
    headers?: Record<string, string>;
    secret?: string;
    body?: unknown;
    text?: string;
    bytes?: string;
    parts?: Array<string | { repeat: string; times: number }>;
    line?: Members;
    without?: string[];
    tensors?: Record<string, Members | null>;
    withHeader?: boolean;
    multipart?: Part[];
  };
  response: {
    status: number;
    headers?: Record<string, string>;
    body?: unknown;
    text?: string;
    line?: Members;
    outputs?: Record<string, Members>;
    only?: string[];
    id?: string;
    binary?: string;
  };
}

interface Sent {
  body: Buffer | undefined;
  headers: Record<string, string>;
}

const HEADER = 'inference-header-content-length';
const tensors: { inputs: Tensor[]; outputs: Tensor[] } =
  readConformance('tensors.json');

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** With these members instead; null takes one away. */
const changed = (members: Members, changes: Members) =>
  Object.fromEntries(
    Object.entries({ ...members, ...changes }).filter(
      ([name, value]) => value !== null || !Object.hasOwn(members, name),
    ),
  );

function withTensors({
  tensors: changes = {},
  withHeader,
  body,
}: ConformanceCase['request']): Sent {
  const binary: Buffer[] = [];
  const inputs = tensors.inputs.flatMap(({ name, data, ...tensor }) => {
    const change = changes[name];
    if (change === null) return [];
    if (!change || typeof change.binary !== 'string')
      return [changed({ name, ...tensor, data }, change ?? {})];
    const { binary: digits, ...members } = change;
    const bytes = Buffer.from(digits as string, 'hex');
    binary.push(bytes);
    return [
      {
        name,
        ...tensor,
        parameters: { binary_data_size: bytes.length },
        ...members,
      },
    ];
  });
  const header = json({ ...(body as Members), inputs });
  return {
    body: Buffer.concat([header, ...binary]),
    headers:
      binary.length > 0 || withHeader
        ? { [HEADER]: String(header.length) }
        : {},
  };
}

function contentOfPart(part: Part): string | Buffer {
  if ('text' in part) return part.text;
  return Buffer.from('file' in part ? part.file : part.bytes, 'hex');
}

function form(parts: Part[]): Sent {
  const lines = parts.flatMap(part => [
    `--boundary\r\nContent-Disposition: form-data; name="${part.name}"${
      'file' in part
        ? '; filename="file"\r\nContent-Type: application/octet-stream'
        : ''
    }\r\n\r\n`,
    contentOfPart(part),
    '\r\n',
  ]);
  return {
    body: Buffer.concat(
      [...lines, '--boundary--\r\n'].map(line =>
        typeof line === 'string' ? Buffer.from(line) : line,
      ),
    ),
    headers: { 'content-type': 'multipart/form-data; boundary=boundary' },
  };
}

function contentOf(
  request: ConformanceCase['request'],
  example: Members,
): Sent {
  const { body, text, bytes, parts, line, without = [], multipart } = request;
  if (request.tensors) return withTensors(request);
  if (bytes) return { body: Buffer.from(bytes, 'hex'), headers: {} };
  if (multipart) return form(multipart);
  if (line) {
    const inputs = Object.fromEntries(
      Object.entries({ ...example, ...line }).filter(
        ([name]) => !without.includes(name),
      ),
    );
    return { body: json({ inputs }), headers: {} };
  }
  if (body !== undefined) return { body: json(body), headers: {} };
  const content =
    text ??
    parts
      ?.map(part =>
        typeof part === 'string' ? part : part.repeat.repeat(part.times),
      )
      .join('');
  return {
    body: content === undefined ? undefined : Buffer.from(content),
    headers: {},
  };
}

/** Body and headers as they are sent. */
export function sentOf({ request }: ConformanceCase, example: Members): Sent {
  const { body, headers } = contentOf(request, example);
  const { secret } = request;
  return {
    body,
    headers: {
      ...headers,
      ...request.headers,
      ...(secret === undefined
        ? {}
        : { 'x-model-runner-secret': secret === 'none' ? '' : secret }),
    },
  };
}

/** The body as JSON that the answer must be. */
export function wantedOf(
  { response }: ConformanceCase,
  manifest: { model: { name: string }; example: Members },
): unknown {
  const { body = '<any>', line, outputs, only, id } = response;
  if (line) {
    const answered = Object.fromEntries(
      Object.entries(manifest.example).map(([name, value]) => [
        `${name}_out`,
        value,
      ]),
    );
    return {
      outputs: { ...answered, ...line },
      model: { name: manifest.model.name, version: 3, variant: 'main' },
      requestId: '<string>',
    };
  }
  if (outputs) {
    const names = only ?? tensors.outputs.map(({ name }) => name);
    return {
      model_name: 'echo',
      model_version: '3',
      ...(id === undefined ? {} : { id }),
      outputs: names.map(name =>
        changed(
          tensors.outputs.find(one => one.name === name)!,
          outputs[name] ?? {},
        ),
      ),
    };
  }
  return body;
}

/** JSON, and what lies behind it. */
export function splitAnswer(
  bytes: Buffer,
  headers: Record<string, unknown>,
): { json: string; binary: string } {
  const length = Number(headers[HEADER] ?? bytes.length);
  return {
    json: bytes.subarray(0, length).toString('utf8'),
    binary: bytes.subarray(length).toString('hex'),
  };
}
