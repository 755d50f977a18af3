import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  IncomingMessage,
  request,
  RequestListener,
  Server,
} from 'node:http';
import { AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { GatewayRoute } from '@model-platform/model-wire';

export const ADMIN_SECRET = 'admin-secret-of-this-test';
export const METRICS_SECRET = 'metrics-secret-of-this-test';
export const ID_SECRET = 'request-id-secret-of-this-test';
export const TOKEN = 'mpe_one_secret';
export const EXPIRED = 'mpe_expired_secret';
export const OTHER = 'mpe_other_secret';

const packageFolder = join(__dirname, '../..');

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

export interface CallOptions {
  method?: string;
  token?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  agent?: Agent;
  base?: string;
}

export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`Never came true: ${condition}`);
    }
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** A loopback port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A gateway's own program, with servers of a test behind it. */
export class TestGateway {
  program: ChildProcess | undefined;
  url = '';
  adminUrl = '';
  private readonly servers: Server[] = [];
  private readonly programs: ChildProcess[] = [];

  readonly start = async () => {
    execFileSync(process.execPath, [
      join(packageFolder, 'scripts/buildPrograms.cjs'),
      'model-gateway',
    ]);
    const started = await this.startProgram();
    this.program = started.child;
    ({ url: this.url, adminUrl: this.adminUrl } = started.addresses());
  };

  readonly stop = async () => {
    for (const child of this.programs) {
      child.kill('SIGKILL');
    }
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  };

  readonly exitCode = async () => {
    await until(() => this.program?.exitCode !== null);
    return this.program?.exitCode;
  };

  readonly startProgram = async (
    port = 0,
    environment: Record<string, string> = {},
    /** Where its log goes, if not to the test. */
    log?: number,
  ) => {
    const child = spawn(
      process.execPath,
      [join(packageFolder, 'bin/model-gateway.js')],
      {
        env: {
          GATEWAY_PORT: String(port),
          ADMIN_SECRET,
          METRICS_SECRET,
          REQUEST_ID_SECRET: ID_SECRET,
          DRAIN_TIMEOUT_MS: '60000',
          ...environment,
        },
        stdio: ['ignore', log ?? 'pipe', 'pipe'],
      },
    );
    this.programs.push(child);
    let out = '';
    let err = '';
    child.stdout?.on('data', chunk => (out += chunk));
    child.stderr?.on('data', chunk => (err += chunk));
    await until(
      () => log !== undefined || out.includes('\n') || child.exitCode !== null,
    );
    return {
      child,
      out: () => out,
      err: () => err,
      addresses: () =>
        JSON.parse(out.split('\n')[0]) as { url: string; adminUrl: string },
    };
  };

  readonly upstream = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    this.servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  /** Answers with what it saw of the request. */
  readonly echo = async (name: string): Promise<string> =>
    await this.upstream(async (incoming, response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of incoming) {
          chunks.push(chunk);
        }
      } catch {
        // The gateway gave the call up.
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.setHeader('set-cookie', 'a=b');
      response.setHeader('x-model-runner-secret', 'leak');
      response.setHeader('x-model-version', 'wrong');
      response.end(
        JSON.stringify({
          name,
          method: incoming.method,
          url: incoming.url,
          headers: incoming.headers,
          bytes: Buffer.concat(chunks).length,
          sha: createHash('sha256').update(Buffer.concat(chunks)).digest('hex'),
        }),
      );
    });

  readonly admin = async (
    method: string,
    path: string,
    body?: unknown,
    adminUrl = this.adminUrl,
    secret = path === '/metrics' ? METRICS_SECRET : ADMIN_SECRET,
  ): Promise<Response> =>
    await fetch(adminUrl + path, {
      method,
      headers: { authorization: `Bearer ${secret}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    });

  readonly put = async (route: GatewayRoute, adminUrl = this.adminUrl) => {
    const { status } = await this.admin(
      'PUT',
      `/routes/${route.endpoint}`,
      route,
      adminUrl,
    );
    expect(status).toBe(200);
  };

  /** Paths and headers go out exactly as given, which `fetch` does not promise. */
  readonly call = async (
    path: string,
    options: CallOptions = {},
  ): Promise<Answer> => {
    const { hostname, port } = new URL(options.base ?? this.url);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: hostname,
          port,
          path,
          method: options.method ?? 'POST',
          agent: options.agent,
          headers: {
            ...(options.token === ''
              ? {}
              : { authorization: `Bearer ${options.token ?? TOKEN}` }),
            ...options.headers,
          },
        },
        async response => {
          let text = '';
          try {
            for await (const chunk of response) {
              text += chunk;
            }
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
            });
          } catch (error) {
            reject(error);
          }
        },
      );
      outgoing.on('error', reject);
      outgoing.end(options.body);
    });
  };

  /** The first series whose line begins so; 0 where there is none. */
  readonly metric = async (start: string): Promise<number> => {
    const text = await (await this.admin('GET', '/metrics')).text();
    const line = text
      .split('\n')
      .find(candidate => candidate.startsWith(start));
    return line ? Number(line.split(' ').pop()) : 0;
  };
}

export function routeOf(
  endpoint: string,
  variants: Record<
    string,
    {
      weight?: number;
      shadowShare?: number;
      isRepeatable?: boolean;
      urls: string[];
    }
  >,
  options: Partial<Pick<GatewayRoute, 'revision' | 'limits' | 'stickiness'>> & {
    tokens?: string[];
    /** What the tokens may beside calling. */
    token?: Pick<GatewayRoute['tokens'][number], 'rate' | 'mayChooseVariant'>;
  } = {},
): GatewayRoute {
  const upstreams: GatewayRoute['upstreams'] = {};
  const revision = options.revision ?? 1;
  return {
    endpoint,
    revision,
    stickiness: options.stickiness,
    variants: Object.entries(variants).map(
      ([name, { weight = 1, shadowShare, isRepeatable, urls }], place) => ({
        name,
        weight,
        shadowShare,
        isRepeatable,
        labels: {
          system: 'plants',
          model: endpoint,
          version: String(place + 1),
          environment: 'local',
          endpoint,
          variant: name,
          revision: String(revision),
        },
        runners: urls.map((to, index) => {
          const runner = `${endpoint}-r${revision}-${name}-${index}`;
          upstreams[runner] = {
            runner,
            url: to,
            secret: 'runner-secret-of-this-test',
          };
          return runner;
        }),
      }),
    ),
    tokens: (options.tokens ?? [TOKEN, EXPIRED]).map(token => ({
      id: token,
      hash: createHash('sha256').update(token).digest('hex'),
      consumer: `app-of-${token}`,
      expiresAt:
        token === EXPIRED ? Date.parse('2020-01-01T00:00:00Z') : undefined,
      ...options.token,
    })),
    limits: options.limits ?? { maxBodyBytes: 1_000_000, timeoutMs: 10_000 },
    upstreams,
  };
}
