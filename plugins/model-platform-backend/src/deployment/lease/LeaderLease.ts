import { randomUUID } from 'node:crypto';
import { Knex } from 'knex';
import { LeaseLostError } from './LeaseLostError';

/** The one lease of the platform: its holder reconciles and collects. */
export const LEADER_LEASE = 'leader';

/** Unix time of the database, milliseconds: portals whose clocks differ go by this one. */
const NOW = {
  sqlite: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
  postgres: 'CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)',
};

interface LeaseRow {
  name: string;
  holder: string;
  expires_at: number | string;
  fencing: number | string;
}

/**
 * A lease in the database: of several portal processes, one leads. Its fencing
 * number grows with each change of the holder and is checked in the writes of
 * the leader and in its calls of drivers, so that one that was paused and woke
 * up late changes nothing. It is never below the database's time in seconds: engines
 * remember it, and a database that was made anew or taken from a backup must
 * not begin below what they have seen.
 */
export class LeaderLease {
  static create(options: {
    knex: Knex;
    /** How long a leader that is gone is waited for, milliseconds. */
    ttlMs?: number;
    /** No other process can be there, as with SQLite: what a killed one held is taken at once. */
    exclusive?: boolean;
    /** Told when this process begins to lead, with its fencing number, and when it no longer does. */
    onChanged?: (fencing: number | undefined) => void;
    /** Of this process, which renews by it what it holds. */
    clock?: () => number;
  }) {
    return new LeaderLease(
      options.knex,
      options.ttlMs ?? 15_000,
      options.exclusive ?? false,
      options.onChanged ?? (() => {}),
      options.clock ?? Date.now,
    );
  }

  private readonly holder = randomUUID();

  private held: { fencing: number; until: number } | undefined;

  private told: number | undefined;

  /** Who asks meanwhile waits for the same answer: of two that take what has run out, one would come too late for its own process. */
  private acquiring: Promise<number | undefined> | undefined;

  private constructor(
    private readonly knex: Knex,
    private readonly ttlMs: number,
    private readonly exclusive: boolean,
    private readonly onChanged: (fencing: number | undefined) => void,
    private readonly clock: () => number,
  ) {}

  /** The fencing number, where this process leads now. */
  async hold(): Promise<number | undefined> {
    const now = this.clock();
    // Renewed in good time: a third of its life is left when it is asked for again.
    if (this.held && this.held.until - now > (this.ttlMs * 2) / 3) {
      return this.held.fencing;
    }
    this.acquiring ??= this.renew(now).finally(() => {
      this.acquiring = undefined;
    });
    return await this.acquiring;
  }

  /** Throws `LeaseLostError` within a transaction whose writer no longer leads. */
  async requireHeld(tx: Knex, fencing: number): Promise<void> {
    await requireLeader(tx, fencing);
  }

  /** Lets another process lead at once. */
  async release(): Promise<void> {
    this.held = undefined;
    await this.knex<LeaseRow>('deployment_leases')
      .where({ name: LEADER_LEASE, holder: this.holder })
      .update({ expires_at: 0 });
  }

  private async renew(now: number): Promise<number | undefined> {
    const fencing = await this.acquire();
    // From before the database was asked: never longer than it says.
    this.held =
      fencing === undefined ? undefined : { fencing, until: now + this.ttlMs };
    if (fencing !== this.told) {
      this.told = fencing;
      this.onChanged(fencing);
    }
    return fencing;
  }

  /** The fencing number, where the lease is free, or this process's already. */
  private async acquire(): Promise<number | undefined> {
    const now = await databaseTime(this.knex);
    const until = now + this.ttlMs;
    const seconds = Math.floor(now / 1000);
    await this.knex<LeaseRow>('deployment_leases')
      .insert({
        name: LEADER_LEASE,
        holder: this.holder,
        expires_at: 0,
        fencing: 0,
      })
      .onConflict('name')
      .ignore();
    const renewed = await this.knex<LeaseRow>('deployment_leases')
      .where({ name: LEADER_LEASE, holder: this.holder })
      .andWhere('expires_at', '>', now)
      .update({ expires_at: until });
    if (renewed === 0) {
      // Each taking over has a number of its own, also from itself after a pause.
      const taken = await this.knex<LeaseRow>('deployment_leases')
        .where({ name: LEADER_LEASE })
        .andWhere(free => {
          free.where('expires_at', '<=', now);
          if (this.exclusive) free.orWhereNot('holder', this.holder);
        })
        .update({
          holder: this.holder,
          expires_at: until,
          fencing: this.knex.raw(
            'CASE WHEN fencing < ? THEN ? ELSE fencing + 1 END',
            [seconds, seconds],
          ),
        });
      if (taken === 0) {
        return undefined;
      }
    }
    const row = await this.knex<LeaseRow>('deployment_leases')
      .where({ name: LEADER_LEASE, holder: this.holder })
      .first();
    return row && Number(row.fencing);
  }
}

/** Throws `LeaseLostError` where the leader has another number by now. */
export async function requireLeader(tx: Knex, fencing: number): Promise<void> {
  const row = await tx<LeaseRow>('deployment_leases')
    .where({ name: LEADER_LEASE, fencing })
    .first();
  if (!row) throw new LeaseLostError();
}

async function databaseTime(knex: Knex): Promise<number> {
  const isSqlite = /sqlite/.test(String(knex.client.config.client));
  const now = knex.raw(`${isSqlite ? NOW.sqlite : NOW.postgres} AS now`);
  const [row] = await knex.select<Array<{ now: number | string }>>(now);
  return Number(row.now);
}
