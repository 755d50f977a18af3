import Ajv, { ErrorObject, ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { FieldError } from '../../RequestError';

const MAX_TOLD = 20;

type Schema = Record<string, unknown>;

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an answer must be: JSON Schema 2020-12 of an object. */
export class AnswerSchema {
  /** Of the object's fields, by name. */
  readonly properties: Record<string, Schema>;
  readonly required: string[];
  private readonly validate: ValidateFunction;
  /** Names that the schema knows; others are the language model's words. */
  private readonly names = new Set<string>();

  /** @throws Error that says what is wrong with the schema */
  constructor(readonly schema: Schema) {
    if (schema.type !== 'object' || !isObject(schema.properties))
      throw new Error(
        'outputSchema must be of an object: type: object, and its properties.',
      );
    this.properties = schema.properties as Record<string, Schema>;
    this.required = Array.isArray(schema.required) ? schema.required : [];
    const ajv = new Ajv({ allErrors: true, strict: false });
    addFormats(ajv);
    try {
      this.validate = ajv.compile(schema);
    } catch (error) {
      throw new Error(
        `outputSchema is no JSON Schema: ${
          error instanceof Error ? error.message : error
        }.`,
      );
    }
    this.collectNames(schema);
  }

  /** The answer's fields, or where it does not fit; no word of what it says. */
  read(text: string): { answer: Schema } | { problems: FieldError[] } {
    let answer: unknown;
    try {
      answer = JSON.parse(withoutFence(text));
    } catch {
      return { problems: [{ path: 'answer', message: 'must be JSON' }] };
    }
    if (this.validate(answer)) return { answer: answer as Schema };
    return {
      problems: (this.validate.errors ?? [])
        .slice(0, MAX_TOLD)
        .map(error => this.toField(error)),
    };
  }

  private toField({ instancePath, message }: ErrorObject): FieldError {
    const path = instancePath
      .split('/')
      .slice(1)
      .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce((before, part) => {
        if (/^\d+$/.test(part)) return `${before}[${part}]`;
        return `${before}.${this.names.has(part) ? part : '*'}`;
      }, 'answer');
    return { path, message: message ?? 'does not fit' };
  }

  private collectNames(value: unknown): void {
    if (Array.isArray(value)) value.forEach(one => this.collectNames(one));
    if (!isObject(value)) return;
    if (isObject(value.properties))
      Object.keys(value.properties).forEach(name => this.names.add(name));
    Object.values(value).forEach(one => this.collectNames(one));
  }
}

/** Some write their JSON as a block of Markdown. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const begin = /^```(?:json)?[^\S\n]*\n/.exec(trimmed)?.[0];
  return begin && trimmed.endsWith('```')
    ? trimmed.slice(begin.length, -3)
    : text;
}
