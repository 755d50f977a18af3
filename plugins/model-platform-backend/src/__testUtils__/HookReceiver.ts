import { createServer, IncomingHttpHeaders, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { until } from './until';

/** A request as it arrived. */
export interface ReceivedHook {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Answer = number | { status: number; headers?: object } | 'never';

/** A real HTTP server that webhooks are sent to. */
export class HookReceiver {
  static async start(): Promise<HookReceiver> {
    const receiver = new HookReceiver();
    await new Promise<void>(resolve => {
      receiver.server.listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  readonly received: ReceivedHook[] = [];
  /** What it answers next, in order; 200 when there is none left. */
  readonly answers: Answer[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      this.received.push({
        url: String(req.url),
        headers: req.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const answer = this.answers.shift() ?? 200;
      if (answer === 'never') return;
      const { status, headers = {} } =
        typeof answer === 'number' ? { status: answer } : answer;
      res.writeHead(status, { ...headers }).end('thank you');
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Waits until so many have arrived. */
  async arrived(count: number): Promise<ReceivedHook[]> {
    await until(
      'webhooks to arrive',
      async () => this.received.length >= count,
    );
    return this.received;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
  }
}
