import { LogLine } from '../types';

/** What a line is shown by already, and what is known of itself. */
const SHOWN = new Set([
  'at',
  'level',
  'message',
  'runner',
  'requestId',
  'step',
  'stack',
]);

/**
 * What a line says beside its message, the same wherever it is read:
 * `code=400 path=/predict`, and in lines of its own the trace of what was
 * thrown. Empty where it says nothing more. @public
 */
export function logDetails(line: LogLine): string {
  const fields = Object.entries(line)
    .filter(([name, value]) => !SHOWN.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${textOf(value)}`)
    .join(' ');
  return [fields, line.stack].filter(Boolean).join('\n');
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toFixed(3)));
  return typeof value === 'string' && /^\S+$/.test(value)
    ? value
    : JSON.stringify(value);
}
