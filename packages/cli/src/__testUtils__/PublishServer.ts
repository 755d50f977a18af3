import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  DraftRequest,
  FieldProblem,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';

interface StoredVersion {
  number: number;
  status: 'draft' | 'ready';
  content: string;
  request: DraftRequest;
}

/** Tokens that the server knows, and what they may do. */
export const PUBLISHER = 'mpt_test_publisher-secret';
export const READER = 'mpt_test_reader-secret';
export const ENDPOINT_TOKEN = 'mpe_test_endpoint-secret';

const PART_BYTES = 8 * 1024 * 1024;

/**
 * A server that speaks the publish protocol for real: it stores blobs,
 * verifies them, keeps drafts and versions. Faults are forced by its fields.
 */
export class PublishServer {
  /** Cuts this many uploads after so many bytes. */
  cut = { uploads: 0, afterBytes: 0 };
  /** Answers of the next calls, before anything else is looked at. */
  answers: Array<{
    status: number;
    body?: unknown;
    headers?: Record<string, string>;
  }> = [];
  /** Whether parts may go to the store itself, and what that says to them. */
  direct?: 'takes' | 'refuses';
  /** Every call, e.g. `PUT /v1/models/iris/versions/1/blobs/sha256:…`. */
  readonly calls: string[] = [];
  /** Authorization headers that came with them. */
  readonly tokens = new Set<string>();
  readonly idempotencyKeys: string[] = [];
  /** Bytes of files and parts that arrived whole. */
  storedBytes = 0;
  /** Resolves when the first bytes of an upload have arrived. */
  readonly uploading: Promise<void>;
  /** Handlers of further paths. */
  readonly routes = new Map<
    string,
    (req: http.IncomingMessage, res: http.ServerResponse, body: string) => void
  >();

  private readonly versions = new Map<string, StoredVersion[]>();
  private readonly drafts = new Map<string, StoredVersion>();
  private announceUploading: () => void = () => undefined;

  static async start(folder: string): Promise<PublishServer> {
    const server = new PublishServer(folder);
    await new Promise<void>(resolve =>
      server.http.listen(0, '127.0.0.1', resolve),
    );
    return server;
  }

  private readonly http: http.Server;

  private constructor(private readonly folder: string) {
    fs.mkdirSync(folder, { recursive: true });
    this.uploading = new Promise(resolve => {
      this.announceUploading = resolve;
    });
    this.http = http.createServer((req, res) => {
      this.answer(req, res).catch(error => {
        if (!res.headersSent) this.fail(res, 500, String(error));
        else res.destroy();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise(resolve => this.http.close(resolve));
  }

  /** Once nobody is connected: what who was killed had sent has been seen. */
  async left(): Promise<void> {
    const count = () =>
      new Promise<number>((resolve, reject) => {
        this.http.getConnections((error, connections) =>
          error ? reject(error) : resolve(connections),
        );
      });
    while ((await count()) > 0) await new Promise(setImmediate);
  }

  /** Digests that are stored whole. */
  blobs(): string[] {
    return fs.readdirSync(this.folder).filter(name => !name.endsWith('.part'));
  }

  readBlob(digest: string): Buffer {
    return fs.readFileSync(path.join(this.folder, digest));
  }

  readyVersions(model: string): StoredVersion[] {
    const all = this.versions.get(model) ?? [];
    return all.filter(({ status }) => status === 'ready');
  }

  private async answer(
    req: http.IncomingMessage,
    res: http.ServerResponse,
  ): Promise<void> {
    const url = new URL(req.url ?? '/', this.url);
    const route = `${req.method} ${decodeURIComponent(
      url.pathname.replace('/api/model-platform', ''),
    )}`;
    this.calls.push(`${route}${url.search}`);
    this.tokens.add(req.headers.authorization ?? '');
    const forced = this.answers.shift();
    if (forced) {
      req.resume();
      res.writeHead(forced.status, {
        'content-type': 'application/json',
        ...forced.headers,
      });
      res.end(
        typeof forced.body === 'string'
          ? forced.body
          : JSON.stringify(forced.body ?? {}),
      );
      return;
    }
    const extra = this.routes.get(route);
    if (extra) {
      extra(req, res, await readBody(req));
      return;
    }
    const [, stored] = /^PUT \/store\/(.+)$/.exec(route) ?? [];
    if (stored) {
      await this.receiveDirectly(req, res, stored);
      return;
    }
    const token = req.headers.authorization?.replace('Bearer ', '');
    if (token !== PUBLISHER && token !== READER) {
      this.fail(res, 401, 'the token is unknown or has been revoked');
      return;
    }
    const [, model, number, rest] =
      /^\S+ \/v1\/models\/([^/]+)\/versions(?:\/(\d+)\/(.+))?$/.exec(route) ??
      [];
    const [, digest, step] = /^blobs\/([^/]+)\/?(.*)$/.exec(rest ?? '') ?? [];
    if (!model || (req.method === 'GET' && step !== 'parts')) {
      this.fail(res, 404, `there is no ${route}`);
    } else if (token === READER) {
      req.resume();
      this.fail(
        res,
        403,
        'You may not publish to the system plant-catalogue. The group botany-ml can give you this right.',
      );
    } else if (step === 'parts') {
      send(res, 200, this.partsOf(model, Number(number), digest));
    } else if (step?.endsWith('/direct')) {
      const [, part] = step.split('/');
      send(res, 200, {
        method: 'PUT',
        url: `${this.url}/store/${digest}.${part}.part`,
        headers: { 'x-checksum': contentDigestOf(req) },
        expiresAt: new Date(Date.now() + 60_000).toISOString(),
      });
    } else if (step?.startsWith('parts/')) {
      const part = `${digest}.${step.slice('parts/'.length)}.part`;
      await this.receive(req, res, part, contentDigestOf(req));
    } else if (step === 'assemble') {
      this.assemble(res, model, Number(number), digest);
    } else if (digest) {
      await this.receive(req, res, digest, digest);
    } else if (rest === 'complete') {
      this.complete(res, model, Number(number));
    } else {
      this.openDraft(
        req,
        res,
        url.searchParams.get('dryRun') === 'true',
        JSON.parse(await readBody(req)) as DraftRequest,
      );
    }
  }

  /** As a store does with an address that it signed: whoever sends has no token. */
  private async receiveDirectly(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    name: string,
  ): Promise<void> {
    if (this.direct === 'refuses' || req.headers.authorization) {
      for await (const _ of req);
      res.writeHead(403).end('<Error/>');
    } else {
      await this.receive(req, res, name, String(req.headers['x-checksum']));
    }
  }

  private openDraft(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    dryRun: boolean,
    request: DraftRequest,
  ): void {
    const problems = check(request);
    if (dryRun) {
      send(res, 200, { problems });
      return;
    }
    if (problems.length) {
      this.fail(res, 400, `${problems.length} fields are wrong`, { problems });
      return;
    }
    const key = String(req.headers['idempotency-key']);
    this.idempotencyKeys.push(key);
    const { name } = request.model;
    const all = this.versions.get(name) ?? [];
    this.versions.set(name, all);
    const content = contentOf(request);
    const newest = all.filter(({ status }) => status === 'ready').at(-1);
    if (newest?.content === content && !request.force) {
      send(res, 200, this.toDraftResponse(newest, true));
      return;
    }
    let draft = this.drafts.get(key);
    const resumed = draft !== undefined;
    if (!draft) {
      draft = {
        number: all.length + 1,
        status: 'draft',
        content,
        request,
      };
      all.push(draft);
      this.drafts.set(key, draft);
    }
    send(res, 201, { ...this.toDraftResponse(draft, false), resumed });
  }

  private async receive(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    name: string,
    digest: string,
  ): Promise<void> {
    const hash = createHash('sha256');
    const part = path.join(this.folder, `${name}.${Math.random()}.part`);
    const file = fs.openSync(part, 'w');
    let sizeBytes = 0;
    try {
      for await (const chunk of req as AsyncIterable<Buffer>) {
        this.announceUploading();
        hash.update(chunk);
        fs.writeSync(file, chunk);
        sizeBytes += chunk.length;
        if (this.cut.uploads > 0 && sizeBytes >= this.cut.afterBytes) {
          this.cut.uploads -= 1;
          req.socket.destroy();
          return;
        }
      }
    } catch {
      return;
    } finally {
      fs.closeSync(file);
    }
    if (`sha256:${hash.digest('hex')}` !== digest) {
      this.fail(res, 400, `the bytes are not those of ${digest}`);
      return;
    }
    fs.renameSync(part, path.join(this.folder, name));
    this.storedBytes += sizeBytes;
    res.writeHead(201).end();
  }

  private partsOf(model: string, number: number, digest: string) {
    const { files } = this.versions.get(model)![number - 1].request;
    const { sizeBytes } = files.find(file => file.digest === digest)!;
    const count = Math.ceil(sizeBytes / PART_BYTES);
    const missing = Array.from(
      { length: count },
      (_, index) => index + 1,
    ).filter(
      part => !fs.existsSync(path.join(this.folder, `${digest}.${part}.part`)),
    );
    const direct = this.direct && true;
    return {
      digest,
      sizeBytes,
      partSizeBytes: PART_BYTES,
      count,
      missing,
      direct,
    };
  }

  private assemble(
    res: http.ServerResponse,
    model: string,
    number: number,
    digest: string,
  ): void {
    const hash = createHash('sha256');
    const { count } = this.partsOf(model, number, digest);
    const whole = path.join(this.folder, `${digest}.whole.part`);
    fs.rmSync(whole, { force: true });
    for (let part = 1; part <= count; part += 1) {
      const name = path.join(this.folder, `${digest}.${part}.part`);
      const bytes = fs.readFileSync(name);
      hash.update(bytes);
      fs.appendFileSync(whole, bytes);
      fs.rmSync(name);
    }
    if (`sha256:${hash.digest('hex')}` !== digest) {
      this.fail(res, 400, `the parts are not those of ${digest}`);
      return;
    }
    fs.renameSync(whole, path.join(this.folder, digest));
    send(res, 201, { digest });
  }

  private complete(
    res: http.ServerResponse,
    model: string,
    number: number,
  ): void {
    const version = this.versions.get(model)?.[number - 1];
    if (!version) {
      this.fail(res, 404, `there is no version ${number}`);
      return;
    }
    const missing = this.missing(version.request.files);
    if (missing.length) {
      this.fail(res, 409, `${missing.length} files are missing`);
      return;
    }
    version.status = 'ready';
    send(res, 200, toVersion(version));
  }

  private toDraftResponse(version: StoredVersion, unchanged: boolean) {
    return {
      version: toVersion(version),
      unchanged,
      missing: unchanged ? [] : this.missing(version.request.files),
    };
  }

  private missing(files: VersionFile[]): string[] {
    const stored = new Set(this.blobs());
    return [...new Set(files.map(({ digest }) => digest))].filter(
      digest => !stored.has(digest),
    );
  }

  private fail(
    res: http.ServerResponse,
    status: number,
    message: string,
    more: object = {},
  ): void {
    send(res, status, {
      error: { name: 'Error', message, ...more },
      response: { statusCode: status },
    });
  }
}

function check({ model, version }: DraftRequest): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const need = (field: string, value: unknown, example: unknown) => {
    if (typeof value === 'string' && value) return;
    problems.push({
      field,
      rule: value === undefined ? 'is required' : 'must be text',
      given: value,
      example,
      source: field.startsWith('metadata') ? 'ml' : 'platform',
    });
  };
  need('owner', model.owner, 'group:default/crm');
  need('system', model.system, 'customer-care');
  need('metadata.purpose', version.metadata.purpose, 'Tells plants apart');
  return problems;
}

/** Of the header, as digests of files are written. */
function contentDigestOf(req: http.IncomingMessage): string {
  const header = String(req.headers['content-digest']);
  const [, base64] = /^sha-256=:(.+):$/.exec(header) ?? [];
  return `sha256:${Buffer.from(base64, 'base64').toString('hex')}`;
}

function contentOf({ model, version, files }: DraftRequest): string {
  return JSON.stringify([model, { ...version, provenance: undefined }, files]);
}

function toVersion({ number, status, request }: StoredVersion) {
  return {
    ...request.version,
    model: request.model.name,
    number,
    status,
    files: request.files,
    manifestDigest: 'sha256:0',
  };
}

export function send(
  res: http.ServerResponse,
  status: number,
  body: unknown,
): void {
  res
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify(body));
}

async function readBody(req: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
