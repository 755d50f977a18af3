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
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    let runner: LocalRunner | undefined;
    try {
      ({ runner } = await startRunner({
        ...options,
        onLine: line => showLine(terminal, line),
      }));
      if (!(await runner.ready(signal)))
        terminal.note('It is not served; waiting for a change.');
      else if (isFirst)
        terminal.note(
          `\nTry it: ${runner.url}/docs\nCall it: POST ${runner.url}/predict\nIt starts again with every change; Ctrl-C ends it.\n`,
        );
      else terminal.note(`Serving again: ${runner.url}/docs`);
      await changes.next();
    } catch (error) {
      // What is wrong at the start is for the command's user to put right first.
      if (isFirst || signal.aborted || !(error instanceof CliError))
        throw error;
      terminal.failure(error);
      await changes.next();
    } finally {
      await runner?.stop();
    }
    if (!signal.aborted) terminal.note('Changed; starting again.');
  }
  throw signal.reason;
}

/** Changes of a folder, one for all that come together. */
class Changes {
  private pending = false;
  private announce: () => void = () => {};

  constructor(folder: string, private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.announce());
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
    // Such as a folder that came and went; the next change is seen again.
    watcher.on('error', () => {});
  }

  /** The next one, or the signal. */
  async next(): Promise<void> {
    while (!this.pending && !this.signal.aborted)
      await new Promise<void>(resolve => {
        this.announce = resolve;
      });
    while (this.pending && !this.signal.aborted) {
      this.pending = false;
      await new Promise(resolve => {
        setTimeout(resolve, SETTLE_MS);
      });
    }
  }
}
