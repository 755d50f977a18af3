import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const READ_BYTES = 4096;
const MAX_LENGTH = 500;

/** What a program said last, from this place of its log on. */
export function lastLogMessage(path: string, from: number): string | undefined {
  let text: string;
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      // A log that was cut since begins anew.
      const start = Math.max(size < from ? 0 : from, size - READ_BYTES);
      const buffer = Buffer.alloc(size - start);
      text = buffer.toString(
        'utf8',
        0,
        readSync(file, buffer, 0, buffer.length, start),
      );
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  const line = text.trimEnd().split('\n').pop()?.trim();
  if (!line) {
    return undefined;
  }
  try {
    const { message } = JSON.parse(line);
    return typeof message === 'string'
      ? message.slice(0, MAX_LENGTH)
      : undefined;
  } catch {
    return line.slice(0, MAX_LENGTH);
  }
}
