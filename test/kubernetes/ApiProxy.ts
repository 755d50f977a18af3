import http from 'node:http';
import https from 'node:https';
import { AddressInfo } from 'node:net';

export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  isWatch: boolean;
}

/** What the API server shall seem to answer, or that it never does; undefined where it answers itself. */
type Fault = (
  call: Call,
) =>
  | { status: number; headers?: Record<string, string>; body: string }
  | 'nothing'
  | undefined;

/** In front of the API server: counts what it is asked, and answers for it where a fault is wanted. */
export class ApiProxy {
  static async start(target: string): Promise<ApiProxy> {
    const proxy = new ApiProxy(target);
    await new Promise<void>(resolve =>
      proxy.server.listen(0, '127.0.0.1', resolve),
    );
    return proxy;
  }

  readonly calls: Call[] = [];
  fault: Fault | undefined;
  /** Told of each call that the API server has answered, before who asked is. */
  answered: ((call: Call) => void) | undefined;
  private readonly server: http.Server;
  private readonly watches = new Set<http.ServerResponse>();
  private readonly agent = new https.Agent({ keepAlive: true });

  private constructor(target: string) {
    this.server = http.createServer((request, response) => {
      const [where, query] = (request.url ?? '').split('?');
      const call = {
        method: request.method ?? '',
        path: where,
        query: new URLSearchParams(query),
        isWatch: /[?&]watch=true/.test(request.url ?? ''),
      };
      this.calls.push(call);
      const fault = this.fault?.(call);
      if (fault) {
        request.resume();
        if (fault === 'nothing') return;
        response.writeHead(fault.status, {
          'content-type': 'application/json',
          ...fault.headers,
        });
        response.end(fault.body);
        return;
      }
      const upstream = https.request(new URL(request.url ?? '', target), {
        method: request.method,
        headers: request.headers,
        agent: this.agent,
        // Loopback, and the test's own server.
        rejectUnauthorized: false,
      });
      upstream.on('response', answer => {
        this.answered?.(call);
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        // Of a watch they come long before the first event.
        response.flushHeaders();
        answer.pipe(response);
        if (call.isWatch) {
          this.watches.add(response);
          response.on('close', () => this.watches.delete(response));
        }
        answer.on('error', () => response.destroy());
      });
      upstream.on('error', () => response.destroy());
      response.on('close', () => upstream.destroy());
      request.pipe(upstream);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What would change something, without the reports that gateways make now and then. */
  writes(): Call[] {
    return this.calls.filter(
      ({ method, path }) => method !== 'GET' && !path.includes('/leases'),
    );
  }

  /** Breaks every connection, also those of watches. */
  cut(): void {
    this.server.closeAllConnections();
  }

  /** Ends every watch as a server does now and then. */
  endWatches(): void {
    for (const watch of this.watches) watch.end();
  }

  forget(): void {
    this.calls.length = 0;
  }

  async stop(): Promise<void> {
    this.cut();
    this.agent.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }
}
