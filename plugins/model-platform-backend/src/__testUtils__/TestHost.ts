import { ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../../../..');

/** Gateway and runners of this machine, as `npm start` runs them. */
export class TestHost {
  /** The programs that are started, from their sources; other tests may be starting them meanwhile. */
  static async build() {
    await promisify(execFile)(process.execPath, [
      join(root, 'packages/model-gateway/scripts/buildPrograms.cjs'),
      'model-gateway',
      'model-host',
      'model-runner-node',
    ]);
  }

  private child: ChildProcess | undefined;
  output = '';

  constructor(private readonly dataDir: string) {}

  async start() {
    this.child = spawn(
      process.execPath,
      [join(root, 'packages/model-host/bin/model-host.js')],
      {
        env: {
          PATH: process.env.PATH,
          MODEL_PLATFORM_DATA_DIR: this.dataDir,
          GATEWAY_PORT: '0',
          DRAIN_TIMEOUT_MS: '2000',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', chunk => {
        this.output = (this.output + chunk).slice(-10_000);
      });
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM') {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}
