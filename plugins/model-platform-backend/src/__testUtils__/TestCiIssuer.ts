import http from 'node:http';
import { AddressInfo } from 'node:net';
import {
  CryptoKey,
  exportJWK,
  generateKeyPair,
  JWTPayload,
  SignJWT,
} from 'jose';

interface Key {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** A small OpenID Connect issuer as CI systems have one: discovery, keys, tokens. */
export class TestCiIssuer {
  static async start(): Promise<TestCiIssuer> {
    const issuer = new TestCiIssuer();
    await issuer.rotate();
    await new Promise<void>(resolve => {
      issuer.server.listen(0, '127.0.0.1', resolve);
    });
    return issuer;
  }

  /** How often each path was asked for. */
  readonly asked = new Map<string, number>();
  /** `down` answers 503, `hanging` not at all. */
  state: 'up' | 'down' | 'hanging' = 'up';
  /** What discovery says that it is, where that is not its address. */
  claimedIssuer?: string;
  private keys: Key[] = [];
  private rotations = 0;

  private readonly server = http.createServer((req, res) => {
    this.answer(req.url ?? '/', res).catch(error => {
      res.statusCode = 500;
      res.end(String(error));
    });
  });

  get url() {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Signs with a new key from now on; the ones before are gone. */
  async rotate(alg = 'RS256'): Promise<void> {
    this.rotations += 1;
    this.keys = [
      {
        kid: `key-${this.rotations}`,
        alg,
        ...(await generateKeyPair(alg, { extractable: true })),
      },
    ];
  }

  /** A token as the CI system gives it to a job; valid unless told otherwise. */
  async token(
    claims: JWTPayload,
    header: { kid?: string } = {},
  ): Promise<string> {
    const [key] = this.keys;
    const now = Math.floor(Date.now() / 1000);
    return await new SignJWT({
      iss: this.url,
      iat: now,
      nbf: now,
      exp: now + 300,
      ...claims,
    })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  /** The public key as text, as whoever forges a token has it. */
  async publicKeyText(): Promise<string> {
    return JSON.stringify(await exportJWK(this.keys[0].publicKey));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
  }

  private async answer(path: string, res: http.ServerResponse) {
    this.asked.set(path, (this.asked.get(path) ?? 0) + 1);
    if (this.state === 'hanging') return;
    const json = (body: object, status = 200) => {
      res.writeHead(status, { 'content-type': 'application/json' });
      res.end(JSON.stringify(body));
    };
    if (this.state === 'down') {
      json({ error: 'unavailable' }, 503);
    } else if (path === '/.well-known/openid-configuration') {
      json({
        issuer: this.claimedIssuer ?? this.url,
        jwks_uri: `${this.url}/jwks`,
      });
    } else if (path === '/jwks') {
      json({
        keys: await Promise.all(
          this.keys.map(async ({ kid, alg, publicKey }) => ({
            ...(await exportJWK(publicKey)),
            kid,
            alg,
            use: 'sig',
          })),
        ),
      });
    } else {
      json({ error: 'not_found' }, 404);
    }
  }
}
