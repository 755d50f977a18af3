import { spawn } from 'node:child_process';

/** A program of the cluster, ended by its pid alone. */
export class Daemon {
  #program;
  #args;
  #env;
  #child;
  #log = '';

  constructor(name, program, args, env = {}) {
    this.name = name;
    this.#program = program;
    this.#args = args;
    this.#env = env;
  }

  get pid() {
    return this.#child?.pid;
  }

  get log() {
    return this.#log;
  }

  start() {
    this.#child = spawn(this.#program, this.#args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...this.#env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', chunk => {
        this.#log = (this.#log + chunk).slice(-8_000);
      });
  }

  /** Throws with its last lines where it has ended by itself. */
  check() {
    if (this.#hasEnded)
      throw new Error(`${this.name} did not go on:\n${this.#log}`);
  }

  async end(signal = 'SIGKILL') {
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
