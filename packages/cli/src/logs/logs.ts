import { LogLine } from '@model-platform/plugin-model-platform-common';
import { Terminal } from '../output/Terminal';
import { Platform } from '../platform/Platform';
import { TransientError } from '../platform/platformFetch';
import { sleep } from '../platform/sleep';
import { readEventStream } from './readEventStream';

const RECONNECT_MS = 1_000;
const RECONNECT_TAIL = 200;

/** @internal */
export interface LogsOptions {
  name: string;
  tail: number;
  runner?: string;
  platform: Platform;
  terminal: Terminal;
  signal: AbortSignal;
}

/** The last lines, oldest first. */
export async function logs({
  name,
  tail,
  runner,
  platform,
  terminal,
}: LogsOptions): Promise<void> {
  const response = await platform.getLogs(name, toQuery(tail, runner));
  const { items } = (await response.json()) as { items: LogLine[] };
  if (terminal.json) {
    terminal.result({ items }, '');
    return;
  }
  for (const line of items) terminal.line(line, formatLine(line));
  if (!items.length) terminal.note(`${name} has written nothing yet.`);
}

/** The last lines and all that follow, until it is interrupted. A connection that is cut is made again. */
export async function followLogs(options: LogsOptions): Promise<void> {
  const { name, runner, platform, terminal, signal } = options;
  let { tail } = options;
  const recent = new RecentLines();
  for (;;) {
    const query = toQuery(tail, runner);
    query.set('follow', 'true');
    const response = await platform.getLogs(name, query, signal);
    try {
      for await (const data of readEventStream(
        response.body ?? emptyStream(),
      )) {
        if (recent.repeats(data)) continue;
        const line = JSON.parse(data) as LogLine;
        terminal.line(line, formatLine(line));
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof SyntaxError) throw error;
      if (!(error instanceof TypeError) && !(error instanceof TransientError))
        throw error;
    }
    terminal.note('The connection was closed; connecting again.');
    recent.reconnected();
    tail = RECONNECT_TAIL;
    await sleep(RECONNECT_MS, signal);
  }
}

/** Knows the lines that come once more after a reconnection. */
class RecentLines {
  private seen: string[] = [];
  private repeated = new Set<string>();

  repeats(data: string): boolean {
    if (this.repeated.delete(data)) return true;
    this.seen.push(data);
    if (this.seen.length > 2 * RECONNECT_TAIL)
      this.seen = this.seen.slice(-RECONNECT_TAIL);
    return false;
  }

  reconnected(): void {
    this.repeated = new Set(this.seen.slice(-RECONNECT_TAIL));
  }
}

function toQuery(tail: number, runner: string | undefined): URLSearchParams {
  const query = new URLSearchParams({ tail: String(tail) });
  if (runner) query.set('runner', runner);
  return query;
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: controller => controller.close() });
}

function formatLine({
  at,
  level,
  message,
  runner,
  requestId,
}: LogLine): string {
  const id = requestId ? ` (request ${requestId})` : '';
  return `${at}  ${level.padEnd(5)}  ${runner}  ${message}${id}`;
}
