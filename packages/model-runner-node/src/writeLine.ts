export type Level = 'debug' | 'info' | 'warn' | 'error';

/** As it is before others' output is taken over. */
const out = process.stdout.write.bind(process.stdout);

/**
 * One line of the log, as it is. Only for what holds no value of a request:
 * fixed words, ids and numbers, and facts that were cleaned before.
 */
export function writeLine(
  level: Level,
  requestId: unknown,
  facts: Record<string, unknown>,
) {
  const at = new Date().toISOString();
  out(`${JSON.stringify({ at, level, requestId, ...facts })}\n`);
}
