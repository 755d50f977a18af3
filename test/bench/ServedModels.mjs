import { spawn } from 'node:child_process';
import { cpuMs } from './cpuMs.mjs';
import { memoryMb } from './memoryMb.mjs';

const START_TIMEOUT_MS = 180_000;

/** A server of models as its own process, and how it is called. */
export class ServedModels {
  #child;
  #output = '';

  /**
   * Resolves once `ready` answers 200.
   *
   * @param options.call - makes a request for `load` of a model and rows of numbers; its `labels`
   *   tells from the answer's JSON what is predicted for each row
   */
  static async start({ name, command, args, cwd, env, url, ready, call }) {
    const served = new ServedModels();
    Object.assign(served, { name, url, call });
    const begin = performance.now();
    served.#child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Some of them are shells around servers: all of it ends together.
      detached: true,
    });
    for (const stream of [served.#child.stdout, served.#child.stderr])
      stream.on('data', chunk => {
        served.#output = (served.#output + chunk).slice(-5_000);
      });
    for (;;) {
      const status = await fetch(url + ready).then(
        async response => {
          await response.body?.cancel();
          return response.status;
        },
        () => 0,
      );
      if (status === 200) break;
      const waitedMs = performance.now() - begin;
      if (served.#child.exitCode !== null || waitedMs > START_TIMEOUT_MS) {
        await served.stop();
        throw new Error(`${name} does not start:\n${served.#output}`);
      }
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    served.readyMs = performance.now() - begin;
    return served;
  }

  get memoryMb() {
    return memoryMb(this.#child.pid);
  }

  get cpuMs() {
    return cpuMs(this.#child.pid);
  }

  async stop() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGTERM');
    const late = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }
}
