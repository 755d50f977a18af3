import { isIPv4 } from 'node:net';

/** Under which names the gateway answers; see `GATEWAY_ALLOWED_HOSTS`. */
export class HostNames {
  readonly #allowed: Set<string>;
  readonly #takesAll: boolean;

  /** @param allowed - names, separated by commas */
  constructor(boundTo: string, allowed: string) {
    this.#allowed = new Set(
      allowed
        .split(',')
        .map(name => name.trim().toLowerCase())
        .filter(name => name !== ''),
    );
    this.#takesAll =
      this.#allowed.has('*') ||
      (this.#allowed.size === 0 && !isLoopback(boundTo));
  }

  /** @param header - `Host` of a request, absent only where no browser asks */
  has(header: string | undefined): boolean {
    if (this.#takesAll || header === undefined) {
      return true;
    }
    const name = header.toLowerCase().replace(/:\d*$/, '');
    return isLoopback(name) || this.#allowed.has(name);
  }
}

/** Other names may be pointed at this machine by anybody who runs a name server. */
function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    name === '::1' ||
    name === '[::1]' ||
    (isIPv4(name) && name.startsWith('127.'))
  );
}
