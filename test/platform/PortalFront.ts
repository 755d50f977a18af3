import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { makeCertificates } from './makeCertificates';

/** A reverse proxy in front of a portal, under other names than its own; with TLS where it is asked for. */
export class PortalFront {
  private constructor(
    private readonly server: http.Server,
    /** The authority's certificate, as NODE_EXTRA_CA_CERTS takes it. */
    readonly caFile: string,
  ) {}

  static async start(options: {
    /** Where the portal listens. */
    port: number;
    /** Whom a certificate is for; without, it speaks plain HTTP. */
    tlsFor?: string[];
  }): Promise<PortalFront> {
    const folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-front-'),
    );
    const caFile = path.join(folder, 'ca.pem');
    const forward: http.RequestListener = (req, res) => {
      const portal = http.request(
        {
          host: '127.0.0.1',
          port: options.port,
          method: req.method,
          path: req.url,
          headers: { ...req.headers, host: `127.0.0.1:${options.port}` },
        },
        answer => {
          res.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(res);
        },
      );
      portal.on('error', () => res.destroy());
      req.pipe(portal);
    };
    let server: http.Server;
    if (options.tlsFor) {
      const { ca, cert, key } = await makeCertificates(options.tlsFor);
      fs.writeFileSync(caFile, ca);
      server = https.createServer({ cert, key }, forward);
    } else {
      server = http.createServer(forward);
    }
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new PortalFront(server, caFile);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
    fs.rmSync(path.dirname(this.caFile), { recursive: true, force: true });
  }
}
