import { Terminal } from '../output/Terminal';
import { RunnerLine } from './LocalRunner';

/** A line of a runner as its developer reads it: with the trace below, where there is one. */
export function showLine(terminal: Terminal, line: RunnerLine): void {
  const { level = 'info', message, requestId, stack } = line;
  const id = requestId ? ` (request ${requestId})` : '';
  const text = [`${level.padEnd(5)}  ${message}${id}`];
  if (stack)
    text.push(
      ...stack
        .trimEnd()
        .split('\n')
        .map(one => `       ${one}`),
    );
  terminal.note(text.join('\n'));
}
