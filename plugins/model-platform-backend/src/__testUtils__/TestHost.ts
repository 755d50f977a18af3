import { ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '../../../..');

/** Gateway and runners of this machine, as `npm start` runs them. */
export class TestHost {
  /** The programs that are started, from their sources. */
  static async build() {
    const resolve = createRequire(__filename).resolve;
    for (const name of ['model-host', 'model-gateway', 'model-runner-node']) {
      const folder = dirname(resolve(`@model-platform/${name}/package.json`));
      await build({
        entryPoints: [join(folder, 'src/main.ts')],
        outfile: join(folder, 'dist/main.cjs'),
        bundle: true,
        platform: 'node',
        format: 'cjs',
        target: 'node22',
        logLevel: 'silent',
        define: { 'import.meta.url': 'undefined' },
        plugins: [
          {
            name: 'own-packages-only',
            setup(setup) {
              setup.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
                kind === 'entry-point' || path.startsWith('@model-platform/')
                  ? undefined
                  : { path, external: true },
              );
            },
          },
        ],
      });
    }
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
