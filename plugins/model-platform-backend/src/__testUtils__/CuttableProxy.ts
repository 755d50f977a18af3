import net, { AddressInfo } from 'node:net';

/** Passes TCP on to an address until it is cut, and again once it is mended. */
export class CuttableProxy {
  static async start(target: string): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(new URL(target));
    await new Promise<void>(resolve =>
      proxy.server.listen(0, '127.0.0.1', resolve),
    );
    return proxy;
  }

  private readonly sockets = new Set<net.Socket>();
  private readonly server: net.Server;
  private broken = false;

  private constructor(target: URL) {
    this.server = net.createServer(client => {
      if (this.broken) {
        client.destroy();
        return;
      }
      const upstream = net.connect(Number(target.port), target.hostname);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ]) {
        this.sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.broken = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.broken = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise(resolve => this.server.close(resolve));
  }
}
