import fs from 'node:fs';
import { CliError } from '../errors/CliError';
import { LocalRunner } from './LocalRunner';
import { showLine } from './showLine';
import { startRunner, StartOptions } from './startRunner';

/** Editors write a file in several steps. */
const SETTLE_MS = 150;
/** What others write beside the model, which changes nothing of it. */
const IGNORED = /(^|\/)(\.|__pycache__|node_modules|requirements\.lock)/;

/**
 * Serves a folder until the signal, with a new runner for each change of its
 * files. What cannot be served is told; the next change tries again.
 */
export async function serveFolder(
  options: Omit<StartOptions, 'onLine'>,
): Promise<void> {
  const { folder, terminal, signal } = options;
  const changes = new Changes(folder, signal);
  let isFirst = true;
  while (!signal.aborted) {
    let runner: LocalRunner | undefined;
    try {
      ({ runner } = await startRunner({
        ...options,
        onLine: line => showLine(terminal, line),
      }));
      if (await runner.ready(signal))
        terminal.note(
          isFirst
            ? `\nTry it: ${runner.url}/docs\nCall it: POST ${runner.url}/predict\nIt starts again with every change; Ctrl-C ends it.\n`
            : `Serving again: ${runner.url}/docs`,
        );
      else terminal.note('It is not served; waiting for a change.');
      isFirst = false;
    } catch (error) {
      if (signal.aborted) break;
      if (isFirst || !(error instanceof CliError)) throw error;
      terminal.failure(error);
    }
    try {
      await changes.next();
      if (!signal.aborted) terminal.note('Changed; starting again.');
    } finally {
      await runner?.stop();
    }
  }
  throw signal.reason;
}

/** Changes of a folder, one for all that come together. */
class Changes {
  private pending = false;
  private announce: () => void = () => {};

  constructor(folder: string, signal: AbortSignal) {
    const location = fs.statSync(folder, { throwIfNoEntry: false });
    if (!location) return;
    const watcher = fs.watch(folder, {
      recursive: location.isDirectory(),
      signal,
    });
    watcher.on('change', (_type, name) => {
      if (name && IGNORED.test(String(name))) return;
      this.pending = true;
      this.announce();
    });
    watcher.on('error', () => {});
    signal.addEventListener('abort', () => this.announce());
    this.signal = signal;
  }

  private readonly signal: AbortSignal | undefined;

  async next(): Promise<void> {
    while (!this.pending && !this.signal?.aborted)
      await new Promise<void>(resolve => {
        this.announce = resolve;
      });
    while (this.pending && !this.signal?.aborted) {
      this.pending = false;
      await new Promise(resolve => {
        setTimeout(resolve, SETTLE_MS);
      });
    }
  }
}
