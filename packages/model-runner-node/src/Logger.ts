import { cleanFacts } from './privacy/cleanFacts';
import { requestsInHand } from './privacy/RequestsInHand';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** JSON lines on stdout: ids, sizes and durations, never what a caller sent. */
export class Logger {
  /** As it is before others' output is taken over. */
  private readonly out = process.stdout.write.bind(process.stdout);

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
    const { requestId = requestsInHand.requestId, ...others } = facts;
    this.out(
      `${JSON.stringify({
        at: new Date().toISOString(),
        level,
        requestId,
        ...cleanFacts({ message, ...others }),
      })}\n`,
    );
  }
}
