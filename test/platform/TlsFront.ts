import fs from 'node:fs';
import net, { AddressInfo, Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import * as x509 from '@peculiar/x509';

const DAY_MS = 86_400_000;
const algorithm = {
  name: 'ECDSA',
  namedCurve: 'P-256',
  hash: 'SHA-256',
};

/** TLS in front of a portal, with a certificate that only an own authority vouches for. */
export class TlsFront {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: tls.Server,
    /** The authority's certificate, as NODE_EXTRA_CA_CERTS takes it. */
    readonly caFile: string,
  ) {}

  static async start(options: {
    /** Whom the certificate is for. */
    hosts: string[];
    /** Where the portal listens. */
    port: number;
  }): Promise<TlsFront> {
    const { ca, cert, key } = await makeCertificates(options.hosts);
    const caFile = path.join(
      fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-ca-')),
      'ca.pem',
    );
    fs.writeFileSync(caFile, ca);
    const server = tls.createServer({ cert, key }, client => {
      const portal = net.connect(options.port, '127.0.0.1');
      for (const socket of [client, portal]) {
        front.sockets.add(socket);
        socket.on('close', () => front.sockets.delete(socket));
      }
      client.on('error', () => portal.destroy());
      portal.on('error', () => client.destroy());
      client.pipe(portal).pipe(client);
    });
    const front = new TlsFront(server, caFile);
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return front;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
    fs.rmSync(path.dirname(this.caFile), { recursive: true, force: true });
  }
}

async function makeCertificates(
  hosts: string[],
): Promise<{ ca: string; cert: string; key: string }> {
  const makeKeys = () =>
    crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const span = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: algorithm,
  };
  const caKeys = await makeKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...span,
    name: 'CN=Authority of tests',
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await makeKeys();
  const cert = await x509.X509CertificateGenerator.create({
    ...span,
    subject: `CN=${hosts[0]}`,
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        hosts.map(value => ({ type: 'dns' as const, value })),
      ),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    ca: ca.toString('pem'),
    cert: cert.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}
