import { Knex } from 'knex';
import { TriggerStates, TriggerStateStore } from './TriggerStates';

interface TriggerStateRow {
  deployment_id: string;
  states: string;
}

/** In SQLite or PostgreSQL. */
export class DatabaseTriggerStateStore implements TriggerStateStore {
  constructor(private readonly knex: Knex) {}

  async get(deploymentId: string): Promise<TriggerStates> {
    const row = await this.rows()
      .where({ deployment_id: deploymentId })
      .first();
    return row ? JSON.parse(row.states) : { metrics: {}, schedules: {} };
  }

  async save(deploymentId: string, states: TriggerStates): Promise<void> {
    await this.rows()
      .insert({ deployment_id: deploymentId, states: JSON.stringify(states) })
      .onConflict('deployment_id')
      .merge();
  }

  private rows() {
    return this.knex<TriggerStateRow>('deployment_trigger_states');
  }
}
