import { ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { eventually, root } from '../platform/Platform';

const program = path.join(root, 'packages/backend/dist/main.cjs');

/** What a portal is started with. */
export interface PortalStart {
  /** Configuration files, absolute or from the clone. */
  configs: string[];
  environment: Record<string, string | undefined>;
  port: number;
  /** Its name before the proxy. */
  publicUrl: string;
}

/** The portal as a service manager starts it: the program, configuration files, an environment, nothing else. */
export class Portal {
  readonly child: ChildProcess;

  stdout = '';

  stderr = '';

  constructor(private readonly options: PortalStart) {
    this.child = spawn(
      process.execPath,
      [program, ...options.configs.flatMap(file => ['--config', file])],
      {
        cwd: root,
        env: {
          PATH: process.env.PATH,
          NODE_ENV: 'production',
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
          PORTAL_HOST: '127.0.0.1',
          PORTAL_PORT: String(options.port),
          PORTAL_URL: options.publicUrl,
          ...options.environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.child.stdout?.on('data', chunk => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', chunk => {
      this.stderr += chunk;
    });
  }

  /** By itself, or by a signal. */
  get hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get url() {
    return `http://127.0.0.1:${this.options.port}`;
  }

  async ready() {
    await eventually(
      'the portal is ready',
      async () => {
        if (this.hasEnded) return true;
        const { ok } = await fetch(
          `${this.url}/.backstage/health/v1/readiness`,
        );
        return ok;
      },
      300_000,
    ).catch(error => {
      throw new Error(`${error}\n${this.stderr}\n${this.stdout.slice(-4_000)}`);
    });
    if (this.hasEnded) throw new Error(`The portal ended:\n${this.stderr}`);
  }

  async ended(): Promise<number | undefined> {
    await eventually('the portal ended', () => this.hasEnded);
    return this.child.exitCode ?? undefined;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM') {
    if (this.hasEnded) return;
    this.child.kill(signal);
    await this.ended();
  }

  /** A request as the proxy passes it on. */
  async request(route: string, init: RequestInit = {}) {
    return await fetch(new URL(route, this.url), {
      redirect: 'manual',
      ...init,
      headers: { 'x-forwarded-proto': 'https', ...init.headers },
    });
  }

  async api(route: string, token: string, init: RequestInit = {}) {
    return await this.request(`/api/${route}`, {
      ...init,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...init.headers,
      },
    });
  }

  /**
   * Signs in as a browser does: to the issuer, back with a code, and what the
   * portal's page then tells the window that opened it.
   */
  async signIn(): Promise<{
    issuerUrl: URL;
    response?: { backstageIdentity: { token: string } };
    error?: { message: string };
  }> {
    const started = await this.request(
      '/api/auth/oidc/start?env=production&scope=openid%20profile%20email',
    );
    const issuerUrl = new URL(started.headers.get('location') ?? '');
    const authorized = await fetch(issuerUrl, { redirect: 'manual' });
    const back = new URL(authorized.headers.get('location') ?? '');
    if (back.origin !== this.options.publicUrl)
      throw new Error(`The issuer was told to go back to ${back.origin}`);
    const page = await this.request(`${back.pathname}${back.search}`, {
      headers: {
        cookie: started.headers
          .getSetCookie()
          .filter(cookie => !/Max-Age=0/.test(cookie))
          .map(cookie => cookie.split(';')[0])
          .join('; '),
      },
    });
    const [, message] =
      /decodeURIComponent\('([^']+)'\)/.exec(await page.text()) ?? [];
    return { issuerUrl, ...JSON.parse(decodeURIComponent(message)) };
  }
}

/** Writes a configuration file into a folder; JSON is YAML. */
export function writeConfig(folder: string, name: string, config: object) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, JSON.stringify(config, undefined, 2));
  return file;
}
