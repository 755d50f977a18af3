import http from 'node:http';
import { AddressInfo } from 'node:net';

/** Where pods reach the portal, which listens on loopback. */
export class Door {
  /** The portal's port, once it is known. */
  leadsTo = 0;

  private readonly server = http.createServer((request, response) => {
    const { url, method } = request;
    const host = `127.0.0.1:${this.leadsTo}`;
    const headers = { ...request.headers, host };
    const call = http.request(
      `http://${host}${url}`,
      { method, headers },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    call.on('error', () => response.destroy());
    request.pipe(call);
  });

  private constructor(private readonly host: string) {}

  /** @param host - the address to listen on, at any port */
  static async open(host: string): Promise<Door> {
    const door = new Door(host);
    await new Promise<void>(resolve => door.server.listen(0, host, resolve));
    return door;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://${this.host}:${port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
