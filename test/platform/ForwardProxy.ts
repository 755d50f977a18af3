import http from 'node:http';
import net, { AddressInfo, Socket } from 'node:net';

/**
 * A proxy as companies have one: it tunnels to hosts that only it knows, and
 * remembers who was asked for.
 */
export class ForwardProxy {
  readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = http.createServer((_req, res) => {
    res.writeHead(501).end();
  });

  private constructor(private readonly hosts: Record<string, number>) {
    this.server.on('connection', socket => this.keep(socket));
    this.server.on('connect', (req, client: Socket, head) => {
      const target = req.url ?? '';
      this.asked.push(target);
      const port = this.hosts[target];
      if (port === undefined) {
        client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
        return;
      }
      const server = this.keep(net.connect(port, '127.0.0.1'));
      server.on('error', () => client.destroy());
      client.on('error', () => server.destroy());
      server.on('connect', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        server.write(head);
        server.pipe(client).pipe(server);
      });
    });
  }

  /** `hosts`: ports of this machine by `name:port`. */
  static async start(hosts: Record<string, number>): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(hosts);
    await new Promise<void>(resolve => {
      proxy.server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}
