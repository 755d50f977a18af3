import { Knex } from 'knex';
import { requireLeader } from '../lease/LeaderLease';

/** Writes all of it or nothing. */
export type Write = <T>(
  work: (tx: Knex.Transaction) => Promise<T>,
) => Promise<T>;

/**
 * @param fencing - of the leader whose writes these are; each throws
 *   `LeaseLostError` once another one leads
 */
export function writeTo(knex: Knex, fencing?: number): Write {
  return async work =>
    await knex.transaction(async tx => {
      if (fencing !== undefined) await requireLeader(tx, fencing);
      return await work(tx);
    });
}
