import { cleanFacts } from './privacy/cleanFacts';
import { requestsInHand } from './privacy/RequestsInHand';
import { Level, writeLine } from './writeLine';

/** JSON lines on stdout: ids, sizes and durations, never what a caller sent. */
export class Logger {
  constructor(private readonly debugEnabled: boolean) {}

  debug(message: string, facts?: Record<string, unknown>) {
    if (this.debugEnabled) this.write('debug', message, facts);
  }

  info(message: string, facts?: Record<string, unknown>) {
    this.write('info', message, facts);
  }

  warn(message: string, facts?: Record<string, unknown>) {
    this.write('warn', message, facts);
  }

  error(message: string, facts?: Record<string, unknown>) {
    this.write('error', message, facts);
  }

  get isDebugEnabled() {
    return this.debugEnabled;
  }

  private write(
    level: Level,
    message: string,
    facts: Record<string, unknown> = {},
  ) {
    const { requestId = requestsInHand.call?.requestId, ...others } = facts;
    writeLine(level, requestId, cleanFacts({ message, ...others }));
  }
}
