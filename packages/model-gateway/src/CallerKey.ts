import { IncomingMessage } from 'node:http';
import { Stickiness } from '@model-platform/model-wire';

/** What a request says of whom it is for, so that one and the same stays with a variant. */
export class CallerKey {
  readonly #by: Stickiness['by'];
  readonly #name: string;
  readonly #members: string[];

  constructor({ by, name }: Stickiness) {
    this.#by = by;
    this.#name = by === 'header' ? name.toLowerCase() : name;
    this.#members = name.split('.');
  }

  /** Whether it stands in the body, which is looked into only for this. */
  get isInBody(): boolean {
    return this.#by === 'json';
  }

  /**
   * Undefined where the request does not say.
   *
   * @param body - where all of it is at hand; one that is streamed is not waited for
   */
  of(request: IncomingMessage, body: Buffer | undefined): string | undefined {
    switch (this.#by) {
      case 'header': {
        const value = request.headers[this.#name];
        return (Array.isArray(value) ? value.join() : value) || undefined;
      }
      case 'cookie':
        return cookieOf(request.headers.cookie, this.#name);
      default:
        return body && memberOf(body, this.#members);
    }
  }
}

function cookieOf(
  header: string | undefined,
  name: string,
): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) {
      return pair.slice(equals + 1).trim() || undefined;
    }
  }
  return undefined;
}

function memberOf(body: Buffer, members: string[]): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    // The runner tells its caller.
    return undefined;
  }
  for (const member of members) {
    if (
      typeof value !== 'object' ||
      value === null ||
      !Object.hasOwn(value, member)
    ) {
      return undefined;
    }
    value = Reflect.get(value, member);
  }
  switch (typeof value) {
    case 'string':
      return value || undefined;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}
