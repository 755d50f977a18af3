import { LogLine } from '@model-platform/plugin-model-platform-common';

export type LogLevel = LogLine['level'];

/** From the least to the most serious. */
export const LOG_LEVELS: LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Whether a line is as serious as `level` or more. */
export function isAtLeast(line: LogLine, level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(line.level) >= LOG_LEVELS.indexOf(level);
}
