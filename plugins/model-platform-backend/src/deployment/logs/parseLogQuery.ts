import { InputError } from '@backstage/errors';
import {
  MAX_EXPRESSION_SIZE,
  sizeOfExpression,
} from '@model-platform/plugin-model-platform-node';
import { DateTime } from 'luxon';
import { RE2JS } from 're2js';
import { parseDuration } from '../spec/parseDuration';
import { MAX_NUMBER } from '../spec/parseDeploymentSpec';

const MAX_TAIL = 5_000;
const DEFAULT_TAIL = 200;
const MAX_GREP = 500;
/** Instructions of an expression, as the host takes them. */
const MAX_PROGRAM = 1_000;

/** Which log lines of a deployment are wanted. */
export interface LogQuery {
  /** How many of the last. */
  tail: number;
  runner?: string;
  variant?: string;
  revision?: number;
  since?: Date;
  /** Text, or `/expression/` in RE2's syntax. */
  grep?: string;
}

/** Throws `InputError` that names what is wrong. `text` reads a parameter that is given once. */
export function parseLogQuery(
  text: (name: string) => string | undefined,
  now: Date,
): LogQuery {
  const since = parseSince(text('since'), now);
  const grep = parseGrep(text('grep'));
  return {
    tail: parseTail(text('tail'), since || grep ? MAX_TAIL : DEFAULT_TAIL),
    runner: text('runner'),
    variant: text('variant'),
    revision: parseRevision(text('revision')),
    since,
    grep,
  };
}

function parseTail(given: string | undefined, otherwise: number): number {
  const tail = Number(given ?? otherwise);
  if (!Number.isInteger(tail) || tail < 0 || tail > MAX_TAIL) {
    throw new InputError(`tail must be a whole number from 0 to ${MAX_TAIL}`);
  }
  return tail;
}

function parseRevision(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const revision = Number(given);
  if (!/^\d{1,10}$/.test(given) || revision < 1 || revision > MAX_NUMBER) {
    throw new InputError('revision must be the number of a revision');
  }
  return revision;
}

function parseSince(given: string | undefined, now: Date): Date | undefined {
  if (given === undefined) return undefined;
  const back = parseDuration(given);
  const at = back
    ? DateTime.fromJSDate(now).minus(back)
    : DateTime.fromISO(given, { zone: 'utc' });
  if (!at.isValid) {
    throw new InputError(
      `since must be a duration such as 30s, 10m, 2h or 1d, or a time such as 2026-05-01T12:00:00Z, not '${given}'`,
    );
  }
  return at.toJSDate();
}

function parseGrep(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (given.length > MAX_GREP) {
    throw new InputError(`grep may have ${MAX_GREP} characters`);
  }
  const [, source] = /^\/(.+)\/i?$/s.exec(given) ?? [];
  if (source !== undefined) {
    try {
      if (
        sizeOfExpression(source) > MAX_EXPRESSION_SIZE ||
        RE2JS.compile(source).programSize() > MAX_PROGRAM
      )
        throw new Error('it is too large; repeat less often');
    } catch (error) {
      throw new InputError(
        `grep: '${source}' is no expression of RE2: ${
          error instanceof Error ? error.message : error
        }`,
      );
    }
  }
  return given;
}
