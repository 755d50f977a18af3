import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What is answered, as the hosts answer it. */
interface Answer {
  status: number;
  body: unknown;
}

/** Whose the token is; and other people. */
const ACCOUNT = 'platform-bot';
const PEOPLE = [ACCOUNT, 'mira'];

interface Repository {
  owner: string;
  name: string;
  description: string;
  visibility: string;
}

/**
 * What the platform needs of GitHub's and of GitLab's API, with Git over HTTP,
 * over real bare repositories. Everything is private: it takes `token` only.
 */
export class GitHost {
  /** Answered instead of what was asked for, while it says so. */
  fault: ((method: string, route: string) => Answer | undefined) | undefined;

  /** Makes what it is asked for, and then breaks the connection. */
  losesAnswers = false;

  /** What was asked for, `GET /api/v3/…`. */
  readonly requests: string[] = [];

  private readonly repositories = new Map<string, Repository>();

  private constructor(
    private readonly face: 'github' | 'gitlab',
    private readonly token: string,
    private readonly owners: string[],
    private readonly folder: string,
    private readonly server: http.Server,
  ) {}

  static async start(options: {
    face: 'github' | 'gitlab';
    token: string;
    /** Organisations, or paths of groups. */
    owners: string[];
  }): Promise<GitHost> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'git-host-'));
    const server = http.createServer();
    const host = new GitHost(
      options.face,
      options.token,
      options.owners,
      folder,
      server,
    );
    server.on('request', (req, res) => {
      host.handle(req, res).catch(error => {
        res.writeHead(500).end(String(error?.stack ?? error));
      });
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return host;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** As `integrations` names it: with the port. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** `integrations` of Backstage's configuration. */
  integrations(token = this.token) {
    return this.face === 'github'
      ? {
          github: [
            { host: this.host, apiBaseUrl: `${this.url}/api/v3`, token },
          ],
        }
      : {
          gitlab: [
            {
              host: this.host,
              baseUrl: this.url,
              apiBaseUrl: `${this.url}/api/v4`,
              token,
            },
          ],
        };
  }

  /** For `git clone`, with the token in it. */
  cloneUrl(repository: string): string {
    return `http://any:${this.token}@${this.host}/${repository}.git`;
  }

  /** `owner/name` of all there are. */
  names(): string[] {
    return [...this.repositories.keys()].sort();
  }

  about(repository: string) {
    const { visibility, description } = this.repositories.get(repository) ?? {};
    return { visibility, description };
  }

  gitdir(repository: string): string {
    return path.join(this.folder, `${repository}.git`);
  }

  async make(
    owner: string,
    name: string,
    { description = '', visibility = 'private' } = {},
  ): Promise<Repository> {
    const repository = { owner, name, description, visibility };
    const gitdir = this.gitdir(`${owner}/${name}`);
    await execute('git', ['init', '-q', '--bare', '-b', 'main', gitdir]);
    await execute('git', ['-C', gitdir, 'config', 'http.receivepack', 'true']);
    this.repositories.set(`${owner}/${name}`, repository);
    return repository;
  }

  private async handle(
    req: http.IncomingMessage,
    res: http.ServerResponse,
  ): Promise<void> {
    const url = new URL(req.url ?? '/', this.url);
    const method = req.method ?? 'GET';
    this.requests.push(`${method} ${url.pathname}`);
    const fault = this.fault?.(method, url.pathname);
    if (!fault && /^\/.+\.git\//.test(url.pathname)) {
      await this.git(req, res, url);
      return;
    }
    const answer =
      fault ?? (await this.api(method, url, req)) ?? this.notFound();
    if (answer.status === 201 && this.losesAnswers) {
      req.socket.destroy();
      return;
    }
    if (Buffer.isBuffer(answer.body)) {
      res.writeHead(answer.status).end(answer.body);
      return;
    }
    res
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  }

  private notFound(): Answer {
    return {
      status: 404,
      body:
        this.face === 'github'
          ? { message: 'Not Found', documentation_url: 'https://docs' }
          : { message: '404 Not Found' },
    };
  }

  private async api(
    method: string,
    url: URL,
    req: http.IncomingMessage,
  ): Promise<Answer | undefined> {
    const { authorization = '' } = req.headers;
    const given =
      /^(?:bearer|token) (.*)$/i.exec(authorization)?.[1] ??
      req.headers['private-token'];
    if (given !== this.token) {
      return {
        status: 401,
        body: {
          message:
            this.face === 'github' ? 'Bad credentials' : '401 Unauthorized',
        },
      };
    }
    const route = `${method} ${url.pathname.replace(/^\/api\/v\d/, '')}`;
    return this.face === 'github'
      ? await this.github(route, url, req)
      : await this.gitlab(route, url, req);
  }

  private async github(
    route: string,
    url: URL,
    req: http.IncomingMessage,
  ): Promise<Answer | undefined> {
    let match = /^GET \/users\/([^/]+)$/.exec(route);
    if (match) {
      const [, login] = match;
      if (this.owners.includes(login))
        return { status: 200, body: { login, type: 'Organization' } };
      return PEOPLE.includes(login)
        ? { status: 200, body: { login, type: 'User' } }
        : undefined;
    }
    match = /^POST (?:\/orgs\/([^/]+)|\/user)\/repos$/.exec(route);
    if (match) {
      const [, owner = ACCOUNT] = match;
      const { name, description, visibility } = await bodyOf(req);
      if (owner !== ACCOUNT && !this.owners.includes(owner)) return undefined;
      if (this.repositories.has(`${owner}/${name}`)) {
        return {
          status: 422,
          body: {
            message: 'Repository creation failed.',
            errors: [
              {
                resource: 'Repository',
                code: 'custom',
                field: 'name',
                message: 'name already exists on this account',
              },
            ],
          },
        };
      }
      const made = await this.make(owner, name, { description, visibility });
      return { status: 201, body: this.asGithub(made) };
    }
    match = /^GET \/repos\/([^/]+\/[^/]+)$/.exec(route);
    if (match) {
      const repository = this.repositories.get(match[1]);
      return repository && { status: 200, body: this.asGithub(repository) };
    }
    match = /^GET \/repos\/([^/]+\/[^/]+)\/contents\/(.+)$/.exec(route);
    if (match) {
      const [, repository, file] = match;
      return await this.file(repository, file, url.searchParams.get('ref'));
    }
    return undefined;
  }

  private asGithub({ owner, name, description, visibility }: Repository) {
    const html_url = `${this.url}/${owner}/${name}`;
    return {
      name,
      full_name: `${owner}/${name}`,
      private: visibility !== 'public',
      visibility,
      description,
      html_url,
      clone_url: `${html_url}.git`,
    };
  }

  private async gitlab(
    route: string,
    url: URL,
    req: http.IncomingMessage,
  ): Promise<Answer | undefined> {
    const ids = [...this.repositories.values()];
    let match = /^GET \/namespaces\/([^/]+)$/.exec(route);
    if (match) {
      const id = this.owners.indexOf(decodeURIComponent(match[1]));
      return id < 0
        ? undefined
        : { status: 200, body: { id: id + 1, kind: 'group' } };
    }
    if (route === 'GET /user') return { status: 200, body: { id: 7 } };
    match = /^GET \/groups\/([^/]+)\/projects$/.exec(route);
    if (match) {
      const owner = decodeURIComponent(match[1]);
      const search = url.searchParams.get('search') ?? '';
      return {
        status: 200,
        body: ids
          .filter(each => each.owner === owner && each.name.includes(search))
          .map(each => this.asGitlab(each)),
      };
    }
    if (route === 'POST /projects') {
      const { path: name, description, ...more } = await bodyOf(req);
      const owner = this.owners[Number(more.namespace_id) - 1];
      if (!owner) {
        return {
          status: 400,
          body: { message: { namespace: ['is not valid'] } },
        };
      }
      if (this.repositories.has(`${owner}/${name}`)) {
        const problem = ['has already been taken'];
        return {
          status: 400,
          body: { message: { name: problem, path: problem } },
        };
      }
      const made = await this.make(owner, name, {
        description,
        visibility: more.visibility,
      });
      return { status: 201, body: this.asGitlab(made) };
    }
    match = /^GET \/projects\/([^/]+)$/.exec(route);
    if (match) {
      const repository = this.repositories.get(decodeURIComponent(match[1]));
      return repository && { status: 200, body: this.asGitlab(repository) };
    }
    match = /^GET \/projects\/([^/]+)\/repository\/files\/([^/]+)\/raw$/.exec(
      route,
    );
    if (match) {
      const [repository, file] = match.slice(1).map(decodeURIComponent);
      return await this.file(repository, file, url.searchParams.get('ref'));
    }
    return undefined;
  }

  private asGitlab({ owner, name, description, visibility }: Repository) {
    const web_url = `${this.url}/${owner}/${name}`;
    return {
      id: [...this.repositories.keys()].indexOf(`${owner}/${name}`) + 1,
      path: name,
      path_with_namespace: `${owner}/${name}`,
      visibility,
      description,
      web_url,
      http_url_to_repo: `${web_url}.git`,
      default_branch: 'main',
    };
  }

  private async file(
    repository: string,
    file: string,
    ref: string | null,
  ): Promise<Answer | undefined> {
    if (!this.repositories.has(repository)) return undefined;
    try {
      const { stdout } = await execute(
        'git',
        [
          '-C',
          this.gitdir(repository),
          'cat-file',
          'blob',
          `${ref ?? 'main'}:${file}`,
        ],
        { encoding: 'buffer' },
      );
      return { status: 200, body: stdout };
    } catch {
      return undefined;
    }
  }

  /** Git's own server, as the hosts run it. */
  private async git(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    url: URL,
  ): Promise<void> {
    const basic = /^basic (.*)$/i.exec(req.headers.authorization ?? '')?.[1];
    const password = Buffer.from(basic ?? '', 'base64')
      .toString()
      .split(':')[1];
    if (password !== this.token) {
      res
        .writeHead(401, { 'www-authenticate': 'Basic realm="Git"' })
        .end('Bad credentials');
      return;
    }
    const cgi = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
        REQUEST_METHOD: req.method,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: req.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: req.headers['content-encoding'] ?? '',
        REMOTE_USER: 'token',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    req.pipe(cgi.stdin);
    const output = await buffer(cgi.stdout);
    const end = output.indexOf('\r\n\r\n');
    const headers = output
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map(line => line.split(': '));
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    res.writeHead(
      Number.parseInt(status, 10),
      Object.fromEntries(headers.filter(([name]) => name !== 'Status')),
    );
    res.end(output.subarray(end + 4));
  }
}

async function bodyOf(
  req: http.IncomingMessage,
): Promise<Record<string, string>> {
  return (await json(req)) as Record<string, string>;
}
