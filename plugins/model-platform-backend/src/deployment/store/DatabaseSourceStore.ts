import { Knex } from 'knex';
import { SourceRecord, SourceStore } from '../git/SourceStore';
import { Write } from './Write';

interface SourceRow {
  entity_ref: string;
  location: string;
  applied_from: string | null;
  name: string;
  digest: string | null;
  state: string;
  message: string | null;
  updated_at: string;
}

/** Declarations read from Git in SQLite or PostgreSQL. */
export class DatabaseSourceStore implements SourceStore {
  constructor(private readonly knex: Knex, private readonly write: Write) {}

  async list(): Promise<SourceRecord[]> {
    return (await this.knex<SourceRow>('deployment_sources')).map(toSource);
  }

  async save(source: SourceRecord): Promise<void> {
    await this.write(tx =>
      tx<SourceRow>('deployment_sources')
        .insert({
          entity_ref: source.entityRef,
          location: source.location,
          applied_from: source.appliedFrom ?? null,
          name: source.name,
          digest: source.digest ?? null,
          state: source.state,
          message: source.message ?? null,
          updated_at: source.updatedAt,
        })
        .onConflict('entity_ref')
        .merge(),
    );
  }

  async drop(entityRef: string): Promise<void> {
    await this.write(tx =>
      tx<SourceRow>('deployment_sources')
        .where({ entity_ref: entityRef })
        .delete(),
    );
  }
}

/** A portal of an earlier build, which may lead during an upgrade, does not say where it was applied from. */
function appliedFrom(row: SourceRow): string | undefined {
  return row.state === 'applied' ? row.location : row.applied_from ?? undefined;
}

function toSource(row: SourceRow): SourceRecord {
  return {
    entityRef: row.entity_ref,
    location: row.location,
    appliedFrom: appliedFrom(row),
    name: row.name,
    digest: row.digest ?? undefined,
    state: row.state as SourceRecord['state'],
    message: row.message ?? undefined,
    updatedAt: row.updated_at,
  };
}
