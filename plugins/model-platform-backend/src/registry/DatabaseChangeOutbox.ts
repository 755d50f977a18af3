import { Knex } from 'knex';
import { Change, ChangeOutbox } from './ChangeOutbox';
import { HistoryRow, toHistoryEntry } from './modelRows';

/** The outbox in SQLite or PostgreSQL. */
export class DatabaseChangeOutbox implements ChangeOutbox {
  static create(options: { knex: Knex }) {
    return new DatabaseChangeOutbox(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async pending(limit: number): Promise<Change[]> {
    const rows: HistoryRow[] = await this.knex('registry_outbox')
      .join(
        'registry_history',
        'registry_history.id',
        'registry_outbox.history_id',
      )
      .orderBy('registry_history.id')
      .limit(limit)
      .select('registry_history.*');
    return rows.map(row => ({ ...toHistoryEntry(row), modelId: row.model_id }));
  }

  async done(changes: Change[]): Promise<void> {
    await this.knex('registry_outbox')
      .whereIn(
        'history_id',
        changes.map(({ id }) => id),
      )
      .delete();
  }
}
