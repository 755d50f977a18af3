import {
  GatewayLoad,
  GatewayRoute,
  GatewayRouteState,
  GatewayState,
} from '@model-platform/model-wire';
import { Agent, request } from 'undici';
import { ProcessRecord } from './StateFile';

const TIMEOUT_MS = 10_000;

/** The gateway's admin API. */
export class GatewayClient {
  readonly #agent = new Agent({ pipelining: 0, connect: { timeout: 1_000 } });

  /** @throws Error if it cannot be reached or refuses */
  async state(
    record: ProcessRecord,
    signal?: AbortSignal,
  ): Promise<GatewayState> {
    return this.#call(record, 'GET', '/routes', undefined, signal);
  }

  /** At once where a call is held that `seen` does not count, else after that time. */
  async load(
    record: ProcessRecord,
    options: { seen: number; waitMs: number },
  ): Promise<GatewayLoad> {
    const { seen, waitMs } = options;
    return this.#call(record, 'GET', `/load?seen=${seen}&waitMs=${waitMs}`);
  }

  async putAll(
    record: ProcessRecord,
    routes: GatewayRoute[],
  ): Promise<GatewayState> {
    return this.#call(record, 'PUT', '/routes', { routes });
  }

  async put(
    record: ProcessRecord,
    route: GatewayRoute,
  ): Promise<GatewayRouteState> {
    return this.#call(record, 'PUT', `/routes/${route.endpoint}`, route);
  }

  async delete(record: ProcessRecord, endpoint: string): Promise<void> {
    await this.#call(record, 'DELETE', `/routes/${endpoint}`);
  }

  async #call<T>(
    record: ProcessRecord,
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await request(`http://127.0.0.1:${record.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${record.secret}` },
      body: body === undefined ? undefined : JSON.stringify(body),
      dispatcher: this.#agent,
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    if (response.statusCode !== 200) {
      const text = await response.body.text();
      throw new Error(
        `The gateway answered ${
          response.statusCode
        } to ${method} ${path}: ${text.slice(0, 500)}`,
      );
    }
    return (await response.body.json()) as T;
  }
}
