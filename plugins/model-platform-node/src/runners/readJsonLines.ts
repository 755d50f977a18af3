import { LogLine } from '@model-platform/plugin-model-platform-common';
import { readLines } from './readLines';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Log lines from JSON lines; what is no JSON is a message of its own. @public */
export async function* readJsonLines(
  source: AsyncIterable<Buffer>,
  runner: string,
): AsyncIterable<LogLine> {
  for await (const line of readLines(source)) {
    if (line.trim() !== '') {
      yield toLogLine(line, runner);
    }
  }
}

/** What is no JSON is a message of its own. @public */
export function toLogLine(line: string, runner: string): LogLine {
  const fields = parse(line) ?? { message: line };
  const level = LEVELS.find(known => known === fields.level) ?? 'info';
  return {
    ...fields,
    at: String(fields.at ?? fields.time ?? fields.timestamp ?? ''),
    level,
    message: String(fields.message ?? fields.msg ?? ''),
    runner,
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}
