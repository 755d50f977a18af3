import {
  createHash,
  generateKeyPairSync,
  KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import http from 'node:http';
import { AddressInfo } from 'node:net';

/** Who is signed in at the issuer's own page. */
export interface IssuerPerson {
  email: string;
  emailVerified?: boolean;
}

const KEY_ID = 'key-1';
const base64url = (value: object) =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** A small OpenID Connect issuer: discovery, keys, authorization code flow, user info. */
export class OidcIssuer {
  static async start(client: { id: string; secret: string }) {
    const issuer = new OidcIssuer(client);
    await new Promise<void>(resolve => {
      issuer.server.listen(0, '127.0.0.1', resolve);
    });
    return issuer;
  }

  /** Who the next authorization is for. */
  person: IssuerPerson = { email: 'nobody@example.test' };

  private readonly server = http.createServer((req, res) => {
    this.answer(req, res).catch(error => {
      res.statusCode = 500;
      res.end(String(error));
    });
  });

  private readonly privateKey: KeyObject;

  private readonly publicJwk: object;

  private readonly codes = new Map<
    string,
    { person: IssuerPerson; nonce?: string; redirectUri: string }
  >();

  private readonly sessions = new Map<string, IssuerPerson>();

  private constructor(private readonly client: { id: string; secret: string }) {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.privateKey = keys.privateKey;
    this.publicJwk = {
      ...keys.publicKey.export({ format: 'jwk' }),
      kid: KEY_ID,
      alg: 'RS256',
      use: 'sig',
    };
  }

  get url() {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get metadataUrl() {
    return `${this.url}/.well-known/openid-configuration`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
  }

  private async answer(req: http.IncomingMessage, res: http.ServerResponse) {
    const url = new URL(req.url ?? '/', this.url);
    const json = (body: object, status = 200) => {
      res.writeHead(status, { 'content-type': 'application/json' });
      res.end(JSON.stringify(body));
    };
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        json({
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          userinfo_endpoint: `${this.url}/userinfo`,
          jwks_uri: `${this.url}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        });
        return;
      case '/jwks':
        json({ keys: [this.publicJwk] });
        return;
      case '/authorize':
        this.authorize(url.searchParams, res);
        return;
      case '/token': {
        const given = new URLSearchParams(await bodyOf(req));
        const basic = Buffer.from(
          `${this.client.id}:${this.client.secret}`,
        ).toString('base64');
        const code = this.codes.get(given.get('code') ?? '');
        this.codes.delete(given.get('code') ?? '');
        if (req.headers.authorization !== `Basic ${basic}`) {
          json({ error: 'invalid_client' }, 401);
        } else if (!code || given.get('redirect_uri') !== code.redirectUri) {
          json({ error: 'invalid_grant' }, 400);
        } else {
          json(this.tokens(code));
        }
        return;
      }
      case '/userinfo': {
        const token = req.headers.authorization?.replace('Bearer ', '') ?? '';
        const person = this.sessions.get(token);
        if (person) json(claimsOf(person));
        else json({ error: 'invalid_token' }, 401);
        return;
      }
      default:
        json({ error: 'not_found' }, 404);
    }
  }

  /** The person is signed in here already and agrees. */
  private authorize(query: URLSearchParams, res: http.ServerResponse) {
    const code = randomUUID();
    const redirectUri = query.get('redirect_uri') ?? '';
    this.codes.set(code, {
      person: this.person,
      nonce: query.get('nonce') ?? undefined,
      redirectUri,
    });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    res.writeHead(302, { location: back.href });
    res.end();
  }

  private tokens({ person, nonce }: { person: IssuerPerson; nonce?: string }) {
    const accessToken = randomUUID();
    this.sessions.set(accessToken, person);
    const now = Math.floor(Date.now() / 1000);
    const unsigned = `${base64url({
      alg: 'RS256',
      kid: KEY_ID,
      typ: 'JWT',
    })}.${base64url({
      iss: this.url,
      aud: this.client.id,
      iat: now,
      exp: now + 600,
      nonce,
      ...claimsOf(person),
    })}`;
    const signature = sign(
      'RSA-SHA256',
      Buffer.from(unsigned),
      this.privateKey,
    ).toString('base64url');
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'openid profile email',
      id_token: `${unsigned}.${signature}`,
    };
  }
}

function claimsOf({ email, emailVerified = true }: IssuerPerson) {
  return {
    sub: createHash('sha256').update(email).digest('hex').slice(0, 16),
    name: email.split('@')[0],
    email,
    email_verified: emailVerified,
  };
}

async function bodyOf(req: http.IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of req) body += chunk;
  return body;
}
