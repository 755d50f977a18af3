import {
  logDetails,
  LogLine,
  LogsQuery,
  ModelPlatformClient,
} from '@model-platform/plugin-model-platform-common';
import { Terminal } from '../output/Terminal';
import { sleep } from '../platform/sleep';
import { RECONNECT_TAIL, RecentLines } from './RecentLines';
import { readEventStream } from './readEventStream';

const RECONNECT_MS = 1_000;

/** @internal */
export interface LogsOptions {
  name: string;
  query: LogsQuery;
  platform: ModelPlatformClient;
  terminal: Terminal;
  signal: AbortSignal;
}

/** The last lines, oldest first. */
export async function logs({
  name,
  query,
  platform,
  terminal,
}: LogsOptions): Promise<void> {
  const answer = await platform.getLogs(name, query);
  if (terminal.json) {
    terminal.result(answer, '');
    return;
  }
  for (const line of answer.items) terminal.line(line, formatLine(line));
  if (!answer.items.length)
    terminal.note(`${name} has written nothing of that kind yet.`);
}

/** The last lines and all that follow, until it is interrupted. A connection that is cut is made again. */
export async function followLogs(options: LogsOptions): Promise<void> {
  const { name, platform, terminal, signal } = options;
  let { query } = options;
  const recent = new RecentLines();
  for (;;) {
    const response = await platform.followLogs(name, query, { signal });
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
      // What a body that is cut off throws.
      if (!(error instanceof TypeError)) throw error;
    }
    terminal.note('The connection was closed; connecting again.');
    recent.reconnected();
    query = { ...query, tail: RECONNECT_TAIL };
    await sleep(RECONNECT_MS, signal);
  }
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: controller => controller.close() });
}

function formatLine(line: LogLine): string {
  const { at, level, message, runner, requestId, step } = line;
  const details = logDetails(line);
  const id = requestId ? ` (request ${requestId})` : '';
  const of = step ? `${runner} (${step})` : runner;
  return `${at}  ${level.padEnd(5)}  ${of}  ${message}${id}${
    details && `  ${details}`
  }`;
}
