import { spawn } from 'node:child_process';

const PAUSE_MS = 500;

const running = new Set();
// A run that is interrupted asks nobody to stop.
process.once('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** A program of the cluster, ended by its pid alone. */
export class Daemon {
  #program;
  #args;
  #env;
  #isKept;
  #isWanted = false;
  #child;
  #log = '';

  /** @param options `isKept`: started anew where it ends by itself, as a machine's services are */
  constructor(name, program, args, { env = {}, isKept = false } = {}) {
    this.name = name;
    this.#program = program;
    this.#args = args;
    this.#env = env;
    this.#isKept = isKept;
  }

  get pid() {
    return this.#child?.pid;
  }

  get log() {
    return this.#log;
  }

  start() {
    this.#isWanted = true;
    this.#child = spawn(this.#program, this.#args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...this.#env },
    });
    const child = this.#child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        this.#log = (this.#log + chunk).slice(-8_000);
      });
    if (this.#isKept)
      child.once('exit', () =>
        setTimeout(() => {
          if (this.#isWanted) this.start();
        }, PAUSE_MS),
      );
  }

  /** Throws with its last lines where it has ended by itself. */
  check() {
    if (this.#hasEnded && !this.#isKept)
      throw new Error(`${this.name} did not go on:\n${this.#log}`);
  }

  async end(signal = 'SIGKILL') {
    this.#isWanted = false;
    const child = this.#child;
    if (!child || this.#hasEnded) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  signal(signal) {
    this.#child.kill(signal);
  }

  get #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
