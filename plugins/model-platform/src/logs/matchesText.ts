import { LogLine } from '@model-platform/plugin-model-platform-common';

/** Whether a line has the words, in its message or as its request id. */
export function matchesText(line: LogLine, text: string): boolean {
  const wanted = text.trim().toLocaleLowerCase('en-US');
  return [line.message, line.requestId ?? ''].some(part =>
    part.toLocaleLowerCase('en-US').includes(wanted),
  );
}
