import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConflictError,
  ForwardedError,
  isError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  FENCING_HEADER,
  HostAddress,
  HostState,
  RunnerSpec,
  TrafficPlan,
} from '@model-platform/model-wire';
import { LogOptions } from '@model-platform/plugin-model-platform-node';
import { Agent, request, Dispatcher } from 'undici';

/** Of one call of the host. */
interface HostCall {
  signal?: AbortSignal;
  /** Lease number of the leader that asks. */
  fencing?: number;
}

const NOT_RUNNING =
  'The host that runs the models of this machine is not running; `npm start` starts it';

/**
 * The host's API, at the address that the host wrote into the data folder. The
 * address is read anew when a call fails: a host that was restarted has
 * another one.
 */
export class HostClient {
  private address: HostAddress | undefined;

  private readonly dispatcher = new Agent({
    connectTimeout: 3_000,
    // Draining may take as long as the calls in flight; what takes longer is asked for again.
    headersTimeout: 60_000,
    bodyTimeout: 0,
  });

  constructor(private readonly dataDir: string) {}

  /** Tells one host process from the next. */
  identity(): string | undefined {
    return this.address && `${this.address.pid}/${this.address.startTime}`;
  }

  /** Where the host's own metrics are; known once it has answered. */
  metrics(): { url: string; headers: Record<string, string> } {
    const { url = '', secret = '' } = this.address ?? {};
    return {
      url: `${url}/metrics`,
      headers: { authorization: `Bearer ${secret}` },
    };
  }

  /** Of all deployments, which is much; where one of them is asked for, of that alone. */
  async state(endpoint?: string): Promise<HostState> {
    const query = endpoint === undefined ? '' : `?endpoint=${endpoint}`;
    const response = await this.call('GET', `/v1/state${query}`);
    return (await response.body.json()) as HostState;
  }

  /** Of the machine, without any deployment. */
  async machine(): Promise<Omit<HostState, 'deployments'>> {
    return this.state('');
  }

  async putRunners(
    endpoint: string,
    runners: RunnerSpec[],
    options: HostCall = {},
  ) {
    await this.send(
      'PUT',
      `/v1/deployments/${endpoint}/runners`,
      { runners },
      options,
    );
  }

  /** Answers false where a runner that the plan names is not ready. */
  async putRoute(
    endpoint: string,
    plan: TrafficPlan,
    options: HostCall = {},
  ): Promise<boolean> {
    const path = `/v1/deployments/${endpoint}/route`;
    const response = await this.call('PUT', path, plan, options, [409]);
    await response.body.dump();
    return response.statusCode !== 409;
  }

  async release(endpoint: string, keep: string[], options: HostCall = {}) {
    const path = `/v1/deployments/${endpoint}/release`;
    await this.drain(endpoint, this.send('POST', path, { keep }, options));
  }

  async remove(endpoint: string, options: HostCall = {}) {
    const path = `/v1/deployments/${endpoint}`;
    await this.drain(endpoint, this.send('DELETE', path, undefined, options));
  }

  /** JSON lines; undefined where the host knows no logs of this runner. */
  async logs(
    runner: string,
    options: LogOptions,
  ): Promise<AsyncIterable<Buffer> | undefined> {
    const query = new URLSearchParams({ tail: String(options.tail ?? 100) });
    if (options.follow) query.set('follow', 'true');
    if (options.since) query.set('since', options.since.toISOString());
    if (options.grep) query.set('grep', options.grep);
    const path = `/v1/runners/${encodeURIComponent(runner)}/logs?${query}`;
    const { signal } = options;
    const response = await this.call('GET', path, undefined, { signal }, [404]);
    if (response.statusCode === 404) {
      await response.body.dump();
      return undefined;
    }
    return response.body;
  }

  private async drain(endpoint: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw isError(error) && error.code === 'UND_ERR_HEADERS_TIMEOUT'
        ? new ServiceUnavailableError(
            `Runners of ${endpoint} still finish their calls`,
            error,
          )
        : error;
    }
  }

  private async send(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: unknown,
    options: HostCall = {},
  ): Promise<void> {
    const response = await this.call(method, path, body, options);
    await response.body.dump();
  }

  private async call(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: unknown,
    options: HostCall = {},
    accepted: number[] = [],
  ): Promise<Dispatcher.ResponseData> {
    const { signal } = options;
    const known = this.address;
    if (known) {
      try {
        const response = await this.request(known, method, path, body, options);
        // A stranger on a reused port refuses the secret.
        if (response.statusCode !== 401) {
          return await this.checked(response, method, path, accepted);
        }
        await response.body.dump();
      } catch (error) {
        if (signal?.aborted || !isUnreachable(error)) {
          throw error;
        }
      }
    }
    this.address = await this.readAddress();
    try {
      const response = await this.request(
        this.address,
        method,
        path,
        body,
        options,
      );
      return await this.checked(response, method, path, accepted);
    } catch (error) {
      if (!signal?.aborted && isUnreachable(error)) {
        this.address = undefined;
        throw new ServiceUnavailableError(NOT_RUNNING, error);
      }
      throw error;
    }
  }

  private async request(
    address: HostAddress,
    method: Dispatcher.HttpMethod,
    path: string,
    body: unknown,
    { signal, fencing }: HostCall,
  ) {
    return await request(new URL(path, address.url), {
      method,
      headers: {
        authorization: `Bearer ${address.secret}`,
        ...(fencing === undefined ? {} : { [FENCING_HEADER]: String(fencing) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      dispatcher: this.dispatcher,
    });
  }

  private async checked(
    response: Dispatcher.ResponseData,
    method: string,
    path: string,
    accepted: number[],
  ) {
    if (response.statusCode < 300 || accepted.includes(response.statusCode)) {
      return response;
    }
    const text = (await response.body.text()).slice(0, 2_000);
    if (response.statusCode === 412) {
      throw new ConflictError(messageOf(text));
    }
    throw new ServiceUnavailableError(
      `The host answered ${
        response.statusCode
      } to ${method} ${path}: ${messageOf(text)}`,
    );
  }

  private async readAddress(): Promise<HostAddress> {
    const path = join(this.dataDir, 'host', 'host.json');
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      throw new ServiceUnavailableError(
        `${NOT_RUNNING} (there is no ${path})`,
        error,
      );
    }
    try {
      const address: HostAddress = JSON.parse(text);
      if (!address.url || !address.secret) {
        throw new Error('url or secret is missing');
      }
      return address;
    } catch (error) {
      throw new ForwardedError(`${path} cannot be read`, error);
    }
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isUnreachable(error: unknown): boolean {
  return (
    isError(error) &&
    typeof error.code === 'string' &&
    UNREACHABLE.has(error.code)
  );
}

function messageOf(text: string): string {
  try {
    const body: { error?: { message?: string } | string; message?: string } =
      JSON.parse(text);
    const told =
      typeof body.error === 'object' ? body.error.message : body.error;
    return told ?? body.message ?? text;
  } catch {
    return text;
  }
}
