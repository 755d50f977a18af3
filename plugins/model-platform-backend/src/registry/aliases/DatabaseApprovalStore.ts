import { ConflictError } from '@backstage/errors';
import { Approval } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { VersionRow } from '../modelRows';
import { HistoryDraft } from '../ModelStore';
import { insertHistory, lockModel } from '../modelWrites';
import { ApprovalStore } from './ApprovalStore';

interface ApprovalRow {
  id: number | string;
  model_id: string;
  version: number;
  approver: string;
  groups: string;
  reason: string;
  at: string;
}

/** Approvals in SQLite or PostgreSQL. */
export class DatabaseApprovalStore implements ApprovalStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseApprovalStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async list(modelId: string, version: number): Promise<Approval[]> {
    return await select(this.knex, modelId, version);
  }

  async add(
    modelId: string,
    approval: Omit<Approval, 'id' | 'at'>,
    history: HistoryDraft,
  ): Promise<{ approval: Approval; added: boolean }> {
    const { version, approver, groups, reason } = approval;
    return await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      const ready = await tx<VersionRow>('registry_versions')
        .where({ model_id: modelId, number: version, status: 'ready' })
        .first('id');
      if (!ready) {
        throw new ConflictError(`Version ${version} is not ready any more`);
      }
      const given = (await select(tx, modelId, version)).find(
        one =>
          one.approver === approver &&
          groups.every(group => one.groups.includes(group)),
      );
      if (given) {
        return { approval: given, added: false };
      }
      const at = this.clock().toISOString();
      const [{ id }] = await tx<ApprovalRow>('registry_approvals')
        .insert({
          model_id: modelId,
          version,
          approver,
          groups: JSON.stringify(groups),
          reason,
          at,
        })
        .returning('id');
      await insertHistory(tx, modelId, history, at);
      return { approval: { ...approval, id: String(id), at }, added: true };
    });
  }
}

async function select(
  knex: Knex,
  modelId: string,
  version: number,
): Promise<Approval[]> {
  const rows = await knex<ApprovalRow>('registry_approvals')
    .where({ model_id: modelId, version })
    .orderBy('id');
  return rows.map(row => ({
    id: String(row.id),
    version: row.version,
    approver: row.approver,
    groups: JSON.parse(row.groups),
    reason: row.reason,
    at: row.at,
  }));
}
