import {
  logDetails,
  LogLine,
  LogsQuery,
  ModelPlatformClient,
} from '@model-platform/plugin-model-platform-common';
import { Terminal } from '../output/Terminal';
import { sleep } from '../platform/sleep';
import { TransientError } from '../platform/TransientError';
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

/**
 * The last lines and all that follow, until it is interrupted. A connection
 * that is cut is made again, however long the platform is away.
 */
export async function followLogs(options: LogsOptions): Promise<void> {
  const { name, platform, terminal, signal } = options;
  let { query } = options;
  const recent = new RecentLines();
  let wasOpen = false;
  for (;;) {
    let response: Response;
    try {
      response = await platform.followLogs(name, query, { signal });
    } catch (error) {
      if (!wasOpen || !(error instanceof TransientError)) throw error;
      await sleep(error.retryAfterMs ?? RECONNECT_MS, signal);
      continue;
    }
    wasOpen = true;
    // Where no line is asked for, none tells later which are older: the platform's clock does.
    if (query.tail === 0) query = { ...query, since: timeOf(response) };
    try {
      for await (const data of readEventStream(
        response.body ?? emptyStream(),
      )) {
        const line = JSON.parse(data) as LogLine;
        if (recent.isKnown(line, data)) continue;
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

/** When it was answered, to the second. */
function timeOf({ headers }: Response): string {
  return new Date(headers.get('date') ?? Date.now()).toISOString();
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
