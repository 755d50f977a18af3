import { ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const root = join(__dirname, '../../../..');

/** A job of `scrape_configs`. */
export interface ScrapeJob {
  job_name: string;
  [setting: string]: unknown;
}

/** A real Prometheus on loopback with a folder of its own, which reads its targets once a second. */
export class TestPrometheus {
  static async start(): Promise<TestPrometheus> {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, 'test/services/prometheus.mjs'),
    ]);
    const prometheus = new TestPrometheus(
      stdout,
      await mkdtemp(join(tmpdir(), 'model-platform-prometheus-')),
      await freePort(),
    );
    await prometheus.write([]);
    await prometheus.up();
    return prometheus;
  }

  private child: ChildProcess | undefined;

  private output = '';

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Takes over other jobs. */
  async configure(jobs: ScrapeJob[]) {
    await this.write(jobs);
    const { status } = await fetch(`${this.url}/-/reload`, { method: 'POST' });
    if (status !== 200) {
      throw new Error(`Prometheus answered ${status}:\n${this.output}`);
    }
  }

  /** With what it has collected before. */
  async up() {
    const child = spawn(
      this.program,
      [
        `--config.file=${this.file}`,
        `--storage.tsdb.path=${join(this.folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
        '--web.enable-lifecycle',
        '--storage.tsdb.wal-compression',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } },
    );
    this.child = child;
    child.stderr.on('data', chunk => {
      this.output = (this.output + chunk).slice(-4_000);
    });
    while (!(await this.isReady())) {
      if (child.exitCode !== null) {
        throw new Error(`Prometheus did not start:\n${this.output}`);
      }
      await sleep(50);
    }
  }

  async down() {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  async stop() {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get file() {
    return join(this.folder, 'prometheus.json');
  }

  private async write(jobs: ScrapeJob[]) {
    // JSON is YAML.
    await writeFile(
      this.file,
      JSON.stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        scrape_configs: jobs,
      }),
    );
  }

  private async isReady() {
    return await fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
