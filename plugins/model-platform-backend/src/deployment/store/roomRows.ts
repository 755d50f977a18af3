import { Knex } from 'knex';
import { QuotaRoom } from './DeploymentRecord';
import { RoomTakenError } from './RoomTakenError';

interface RoomRow {
  environment: string;
  system: string;
  changes: number;
}

type Place = Pick<QuotaRoom, 'environment' | 'system'>;

/** As it is now: from here on others are held against what is counted. */
export async function readRoom(knex: Knex, place: Place): Promise<QuotaRoom> {
  const { environment, system } = place;
  const row = await knex<RoomRow>('deployment_room')
    .where({ environment, system })
    .first();
  return { environment, system, changes: row?.changes ?? 0 };
}

/**
 * Takes of it, for the revision that this transaction makes. Who comes at the
 * same time waits for its end. Throws `RoomTakenError` where somebody took of it
 * since it was read.
 */
export async function takeRoom(
  tx: Knex.Transaction,
  { environment, system, changes }: QuotaRoom,
  deployment: string,
): Promise<void> {
  if (changes === 0) {
    await tx<RoomRow>('deployment_room')
      .insert({ environment, system, changes })
      .onConflict(['environment', 'system'])
      .ignore();
  }
  const taken = await tx<RoomRow>('deployment_room')
    .where({ environment, system, changes })
    .update({ changes: changes + 1 });
  if (taken === 0) throw new RoomTakenError(deployment, system, environment);
}
