import { ConflictError } from '@backstage/errors';
import {
  Approval,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { applyModelFilter } from '../applyModelFilter';
import { ModelRow, toModel, VersionRow } from '../modelRows';
import { HistoryDraft } from '../ModelStore';
import { insertHistory, lockModel } from '../modelWrites';
import { ApprovalStore, UndecidedVersion } from './ApprovalStore';

interface ApprovalRow {
  id: number | string;
  model_id: string;
  version: number;
  approver: string;
  groups: string;
  reason: string;
  at: string;
  decision: Approval['decision'];
}

type UndecidedRow = ModelRow & {
  latest_number: number;
  version_publisher: string;
  version_responsible: string | null;
  version_ready_at: string;
  version_spec: string;
};

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
    const { version, approver, reason, decision } = approval;
    return await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      const ready = await tx<VersionRow>('registry_versions')
        .where({ model_id: modelId, number: version, status: 'ready' })
        .first('id');
      if (!ready) {
        throw new ConflictError(`Version ${version} is not ready any more`);
      }
      const all = await select(tx, modelId, version);
      const otherwise = all.filter(one => one.decision !== decision);
      const groups = approval.groups.filter(
        group => !otherwise.some(one => one.groups.includes(group)),
      );
      if (groups.length === 0) throw decidedOtherwise(version, otherwise[0]);
      const given = all.find(
        one =>
          one.decision === decision &&
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
          decision,
        })
        .returning('id');
      await insertHistory(
        tx,
        modelId,
        { ...history, details: { ...history.details, groups } },
        at,
      );
      const made = { ...approval, groups, id: String(id), at };
      return { approval: made, added: true };
    });
  }

  async undecided(
    query: Parameters<ApprovalStore['undecided']>[0],
  ): Promise<UndecidedVersion[]> {
    const { visible, systems, groups, limit, after } = query;
    const found = this.knex<ModelRow>('registry_models')
      .join('registry_versions as v', join =>
        join
          .on('v.model_id', 'registry_models.id')
          .on('v.number', 'registry_models.latest_number'),
      )
      .whereNotNull('registry_models.published_at')
      .whereNull('registry_models.archived_at')
      .where('v.status', 'ready')
      .where(any => {
        for (const group of groups)
          any.orWhereNotExists(
            this.knex('registry_approvals as a')
              .select('a.id')
              .whereRaw('a.model_id = registry_models.id')
              .whereRaw('a.version = v.number')
              .whereRaw(`a."groups" like ? escape '~'`, [
                `%${escapeLike(JSON.stringify(group))}%`,
              ]),
          );
      })
      .orderBy([{ column: 'v.ready_at' }, { column: 'registry_models.id' }])
      .limit(limit)
      .select(
        'registry_models.*',
        'v.publisher as version_publisher',
        'v.responsible as version_responsible',
        'v.ready_at as version_ready_at',
        'v.spec as version_spec',
      );
    applyModelFilter(found, visible);
    if (systems) found.whereIn('registry_models.system', systems);
    if (after) {
      found.where(later =>
        later
          .where('v.ready_at', '>', after.value)
          .orWhere(same =>
            same
              .where('v.ready_at', after.value)
              .where('registry_models.id', '>', after.id),
          ),
      );
    }
    const rows: UndecidedRow[] = await found;
    const decided = await this.knex<ApprovalRow>('registry_approvals')
      .whereIn(
        'model_id',
        rows.map(({ id }) => id),
      )
      .orderBy('id');
    return rows.map(row => ({
      model: toModel(row),
      version: {
        number: row.latest_number,
        publisher: row.version_publisher,
        responsible: row.version_responsible ?? undefined,
        evaluation: (JSON.parse(row.version_spec) as VersionSpec).evaluation,
      },
      readyAt: row.version_ready_at,
      decisions: decided
        .filter(
          one => one.model_id === row.id && one.version === row.latest_number,
        )
        .map(toApproval),
    }));
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
  return rows.map(toApproval);
}

function toApproval(row: ApprovalRow): Approval {
  return {
    id: String(row.id),
    version: row.version,
    approver: row.approver,
    groups: JSON.parse(row.groups),
    reason: row.reason,
    at: row.at,
    decision: row.decision,
  };
}

/** So that each sign of a name means itself. */
function escapeLike(text: string): string {
  return text.replace(/[~%_]/g, '~$&');
}

function decidedOtherwise(version: number, other: Approval): ConflictError {
  return new ConflictError(
    other.decision === 'refused'
      ? `Version ${version} was refused by ${other.approver}: ${other.reason}. A version that mends it can be approved`
      : `Version ${version} was approved by ${other.approver}, and stays so; archive it where it must not be used`,
  );
}
