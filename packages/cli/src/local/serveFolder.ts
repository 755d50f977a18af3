import { CliError } from '../errors/CliError';
import { FolderChanges } from './FolderChanges';
import { LocalRunner } from './LocalRunner';
import { showLine } from './showLine';
import { startRunner, StartOptions } from './startRunner';

/**
 * Serves a folder until the signal, with a new runner for each change of its
 * files. What cannot be served is told; the next change tries again.
 */
export async function serveFolder(
  options: Omit<StartOptions, 'onLine'>,
): Promise<void> {
  const { folder, terminal, signal } = options;
  const changes = new FolderChanges(folder, signal);
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
