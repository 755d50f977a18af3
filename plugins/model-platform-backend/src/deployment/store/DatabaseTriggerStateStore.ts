import { Knex } from 'knex';
import { Write } from './Write';
import { TriggerStates, TriggerStateStore } from '../triggers/TriggerStates';

interface TriggerStateRow {
  deployment_id: string;
  states: string;
}

/** In SQLite or PostgreSQL. */
export class DatabaseTriggerStateStore implements TriggerStateStore {
  constructor(private readonly knex: Knex, private readonly write: Write) {}

  async get(deploymentId: string): Promise<TriggerStates> {
    const row = await this.knex<TriggerStateRow>('deployment_trigger_states')
      .where({ deployment_id: deploymentId })
      .first();
    return row ? JSON.parse(row.states) : { metrics: {}, schedules: {} };
  }

  async save(deploymentId: string, states: TriggerStates): Promise<void> {
    await this.write(tx => saveTriggerStates(tx, deploymentId, states));
  }
}

export async function saveTriggerStates(
  tx: Knex.Transaction,
  deploymentId: string,
  states: TriggerStates,
): Promise<void> {
  await tx<TriggerStateRow>('deployment_trigger_states')
    .insert({ deployment_id: deploymentId, states: JSON.stringify(states) })
    .onConflict('deployment_id')
    .merge();
}
