import { Knex } from 'knex';
import { countChange } from '../countChange';
import { ModelRow } from '../modelRows';
import {
  ComplianceRecord,
  ComplianceStore,
  ComplianceSubject,
} from './ComplianceStore';

interface ComplianceRow {
  model_id: string;
  version: number;
  schema_digest: string;
  schemas: string;
  problems: string;
  checked_at: string;
}

type SubjectRow = Pick<
  ModelRow,
  'id' | 'type' | 'system' | 'current_number' | 'metadata'
> & { readings: string | null };

const FIND_CHUNK = 500;

/** In SQLite or PostgreSQL. */
export class DatabaseComplianceStore implements ComplianceStore {
  static create(options: { knex: Knex }) {
    return new DatabaseComplianceStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async places(): Promise<Array<{ type: string; system: string }>> {
    return await this.knex('registry_models')
      .whereNotNull('published_at')
      .distinct('type', 'system');
  }

  async stale(
    place: { type: string; system: string },
    schemaDigest: string,
    limit: number,
  ): Promise<ComplianceSubject[]> {
    const rows: SubjectRow[] = await this.published()
      .leftJoin(
        'registry_compliance',
        'registry_compliance.model_id',
        'registry_models.id',
      )
      .where({
        'registry_models.type': place.type,
        'registry_models.system': place.system,
      })
      .andWhere(either =>
        either
          .whereNull('registry_compliance.model_id')
          .orWhere('registry_compliance.schema_digest', '<>', schemaDigest)
          .orWhereRaw(
            'registry_compliance.version <> coalesce(registry_models.current_number, 0)',
          ),
      )
      .orderBy('registry_models.id')
      .limit(limit);
    return rows.map(toSubject);
  }

  async subjects(modelIds: string[]): Promise<ComplianceSubject[]> {
    const found: ComplianceSubject[] = [];
    for (let start = 0; start < modelIds.length; start += FIND_CHUNK) {
      const rows: SubjectRow[] = await this.published().whereIn(
        'registry_models.id',
        modelIds.slice(start, start + FIND_CHUNK),
      );
      found.push(...rows.map(toSubject));
    }
    return found;
  }

  async save(records: ComplianceRecord[]): Promise<void> {
    await this.knex.transaction(async tx => {
      const systems: string[] = [];
      for (const record of records) {
        const same: Array<Pick<ModelRow, 'system'>> = await tx(
          'registry_models',
        )
          .where({ id: record.modelId })
          .andWhereRaw('coalesce(current_number, 0) = ?', [record.version])
          .update({
            metadata_complete: record.problems.length === 0 ? 'true' : 'false',
          })
          .returning('system');
        if (same.length === 0) continue;
        systems.push(same[0].system);
        await tx<ComplianceRow>('registry_compliance')
          .insert({
            model_id: record.modelId,
            version: record.version,
            schema_digest: record.schemaDigest,
            schemas: JSON.stringify(record.schemas),
            problems: JSON.stringify(record.problems),
            checked_at: record.checkedAt,
          })
          .onConflict('model_id')
          .merge();
      }
      await countChange(tx, systems);
    });
  }

  async find(modelIds: string[]): Promise<Map<string, ComplianceRecord>> {
    const found = new Map<string, ComplianceRecord>();
    for (let start = 0; start < modelIds.length; start += FIND_CHUNK) {
      const rows = await this.knex<ComplianceRow>(
        'registry_compliance',
      ).whereIn('model_id', modelIds.slice(start, start + FIND_CHUNK));
      for (const row of rows) {
        found.set(row.model_id, {
          modelId: row.model_id,
          version: row.version,
          schemaDigest: row.schema_digest,
          schemas: JSON.parse(row.schemas),
          problems: JSON.parse(row.problems),
          checkedAt: row.checked_at,
        });
      }
    }
    return found;
  }

  private published() {
    return this.knex('registry_models')
      .leftJoin('registry_versions', on =>
        on
          .on('registry_versions.model_id', 'registry_models.id')
          .andOn('registry_versions.number', 'registry_models.current_number'),
      )
      .whereNotNull('registry_models.published_at')
      .select(
        'registry_models.id',
        'registry_models.type',
        'registry_models.system',
        'registry_models.current_number',
        'registry_models.metadata',
        'registry_versions.readings',
      );
  }
}

function toSubject(row: SubjectRow): ComplianceSubject {
  return {
    modelId: row.id,
    type: row.type,
    system: row.system,
    version: row.current_number ?? 0,
    metadata: row.metadata ? JSON.parse(row.metadata) : {},
    readings: row.readings ? JSON.parse(row.readings) : [],
  };
}
