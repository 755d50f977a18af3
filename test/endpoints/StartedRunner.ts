import { ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { eventually, freePort, root } from '../platform/Platform';

const ENDPOINT = 'fuzz';

/** A runtime as the host starts it, without a gateway in front. */
export class StartedRunner {
  private readonly agent = new http.Agent({ keepAlive: true });
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
    private readonly directory: string,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => {
        this.output += chunk;
      });
  }

  /** @param files - contents by their names among the version's files */
  static async start(
    [program, ...args]: string[],
    manifest: object,
    files: Record<string, string | Buffer>,
  ): Promise<StartedRunner> {
    const directory = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-fuzz-'),
    );
    fs.mkdirSync(path.join(directory, 'model'));
    for (const [name, content] of Object.entries(files))
      fs.writeFileSync(path.join(directory, 'model', name), content);
    fs.writeFileSync(
      path.join(directory, 'model.json'),
      JSON.stringify({ ...manifest, files: Object.keys(files) }),
    );
    const port = await freePort();
    const child = spawn(program, args, {
      cwd: path.join(root, 'packages/model-runner-python'),
      env: {
        PATH: process.env.PATH,
        MODEL_DIR: directory,
        PORT: String(port),
        MODEL_ENDPOINT: ENDPOINT,
        MODEL_VARIANT: 'main',
        MODEL_REVISION: '1',
        MODEL_ENVIRONMENT: 'test',
        PYTHONDONTWRITEBYTECODE: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const runner = new StartedRunner(child, port, directory);
    await eventually('the runner is ready', () => {
      if (child.exitCode !== null) throw new Error(runner.output);
      return runner.output.includes('"message":"ready"');
    });
    return runner;
  }

  async post(
    route: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    return await new Promise((resolve, reject) => {
      const request = http.request(
        {
          host: '127.0.0.1',
          port: this.port,
          method: 'POST',
          path: route.replace('{model}', ENDPOINT),
          agent: this.agent,
          headers: {
            'content-length': String(Buffer.byteLength(body)),
            ...headers,
          },
        },
        response => {
          let text = '';
          response.on('data', chunk => {
            text += chunk;
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode!, text }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Lines of its log that tell of a model that failed. */
  failures(): string[] {
    return this.output
      .split('\n')
      .filter(line => line.includes('"level":"error"'));
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.child.kill('SIGKILL');
    await eventually('the runner ended', () => this.child.signalCode !== null);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
