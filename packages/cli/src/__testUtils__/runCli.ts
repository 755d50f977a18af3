import { ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const bin = path.resolve(__dirname, '../../bin/model-platform.js');

/** How a run of the program ended. */
export interface CliRun {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Largest resident memory seen, bytes; Linux only. */
  peakMemoryBytes: number;
}

/** A run that goes on. */
export interface RunningCli {
  child: ChildProcess;
  ended: Promise<CliRun>;
  output: () => string;
}

/** Starts the built program as a user does, with nothing of our environment but PATH. */
export function startCli(
  args: string[],
  options: { env?: Record<string, string>; cwd: string; stdin?: string },
): RunningCli {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  let peakMemoryBytes = 0;
  child.stdout.on('data', data => (stdout += data));
  child.stderr.on('data', data => (stderr += data));
  child.stdin.end(options.stdin ?? '');
  const watch = setInterval(() => {
    peakMemoryBytes = Math.max(peakMemoryBytes, peakMemory(child.pid));
  }, 20);
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearInterval(watch);
      resolve({ exitCode, signal, stdout, stderr, peakMemoryBytes });
    });
  });
  return { child, ended, output: () => stdout + stderr };
}

export function runCli(
  args: string[],
  options: { env?: Record<string, string>; cwd: string; stdin?: string },
): Promise<CliRun> {
  return startCli(args, options).ended;
}

function peakMemory(pid: number | undefined): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * What the program is to be run with so that calls which set no limit of their
 * own have a short one: `fetch` gives up after 200 ms instead of five minutes.
 *
 * @param more - run before the program too
 */
export function impatientFetch(folder: string, more = '') {
  const file = path.join(folder, 'impatient.cjs');
  fs.writeFileSync(
    file,
    `const { Agent, setGlobalDispatcher } = require(${JSON.stringify(
      require.resolve('undici'),
    )});
setGlobalDispatcher(new Agent({ headersTimeout: 200, bodyTimeout: 200 }));
${more}`,
  );
  return { NODE_OPTIONS: `--require ${file}` };
}
