import { LogLine } from '@model-platform/plugin-model-platform-common';
import { Response } from 'express';

/** Proxies close what is silent for long. */
const KEEP_ALIVE_MS = 15_000;
/** A reader that is this far behind loses lines rather than filling memory. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** Log lines as server-sent events, one `data:` each, until the reader goes away. */
export async function sendLogEvents(
  res: Response,
  follow: (onLine: (line: LogLine) => void) => Promise<void>,
): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // Compression would hold lines back.
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  res.flushHeaders();
  const keepAlive = setInterval(() => res.write(': \n\n'), KEEP_ALIVE_MS);
  const send = (line: LogLine) =>
    res.write(`data: ${JSON.stringify(line)}\n\n`);
  let lost = 0;
  try {
    await follow(line => {
      if (res.writableLength > MAX_BUFFERED_BYTES) {
        lost += 1;
        return;
      }
      if (lost > 0) {
        send({
          at: line.at,
          runner: line.runner,
          level: 'warn',
          message: `${lost} lines are left out here: they came faster than they were read`,
        });
        lost = 0;
      }
      send(line);
    });
  } finally {
    clearInterval(keepAlive);
    res.end();
  }
}
