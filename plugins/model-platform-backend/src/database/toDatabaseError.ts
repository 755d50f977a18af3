import { isError, ServiceUnavailableError } from '@backstage/errors';

/** Of sockets, as Node names them. */
const NETWORK = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
];
/** Connection exceptions, shutdown, start, too many connections; as PostgreSQL names them. */
const SQL_STATE = /^(08\w{3}|57P0[123]|53300)$/;
/** As the driver says it, which gives these no code, behind the statement. */
const LOST =
  /(^| - )(Connection (terminated|ended)|Client has encountered a connection error|timeout e(xpired|xceeded when trying to connect))/;

/**
 * Says of an error that means that the database is out of reach what that
 * means for who asked; every other one stays what it is. Of what requests
 * speak to, only the database lets such errors through as they are.
 */
export function toDatabaseError(error: unknown): unknown {
  const reason = reasonOf(error);
  return reason === undefined
    ? error
    : new ServiceUnavailableError(
        `The database of the platform cannot be reached (${reason}). What was to be changed was changed as a whole or not at all; try again in a while`,
        error,
      );
}

function reasonOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined;
  if (error.name === 'KnexTimeoutError') return 'no connection in time';
  const code = String(error.code ?? '');
  if (SQL_STATE.test(code)) return code;
  if (NETWORK.includes(code) && typeof error.syscall === 'string') return code;
  return LOST.test(error.message) ? 'connection lost' : undefined;
}
