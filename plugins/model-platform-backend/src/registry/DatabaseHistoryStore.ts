import {
  AliasAt,
  HistoryEntry,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { DeletedModel, HistoryQuery, HistoryStore } from './HistoryStore';
import { DeletedModelRow, HistoryRow, toHistoryEntry } from './modelRows';

/** The history in SQLite or PostgreSQL. */
export class DatabaseHistoryStore implements HistoryStore {
  static create(options: { knex: Knex }) {
    return new DatabaseHistoryStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async list(modelId: string, query: HistoryQuery): Promise<HistoryEntry[]> {
    const select = this.knex<HistoryRow>('registry_history')
      .where({ model_id: modelId })
      .orderBy('id', 'desc')
      .limit(query.limit);
    if (query.before !== undefined) select.andWhere('id', '<', query.before);
    if (!query.unfinished) select.andWhere({ unfinished: false });
    const { actor } = query;
    if (actor !== undefined) {
      // No pattern: a token's name may have characters that mean something in one.
      const stem = `${actor} (`;
      select.andWhere(either =>
        either
          .where({ actor })
          .orWhereRaw('substr(actor, 1, ?) = ?', [[...stem].length, stem]),
      );
    }
    if (query.actions) select.whereIn('action', query.actions);
    if (query.from !== undefined) select.andWhere('at', '>=', query.from);
    if (query.to !== undefined) select.andWhere('at', '<', query.to);
    return (await select).map(toHistoryEntry);
  }

  async aliasesAt(
    modelId: string,
    at: string,
    alias?: string,
  ): Promise<AliasAt[]> {
    const last = this.knex<HistoryRow>('registry_history')
      .where({ model_id: modelId })
      .whereNotNull('alias')
      .andWhere('at', '<=', at)
      .groupBy('alias')
      .max('id');
    if (alias !== undefined) last.andWhere({ alias });
    const rows = await this.knex<HistoryRow>('registry_history')
      .whereIn('id', last)
      .orderBy('alias');
    return rows
      .map(toHistoryEntry)
      .flatMap(({ at: since, actor, reason, details = {} }) =>
        typeof details.version === 'number'
          ? [
              {
                alias: String(details.alias),
                version: details.version,
                at,
                since,
                actor,
                reason,
              },
            ]
          : [],
      );
  }

  async findDeleted(ref: string): Promise<DeletedModel | undefined> {
    const row = await this.knex<DeletedModelRow>('registry_deleted_models')
      .where({ id: ref })
      .orWhere({ name: ref })
      .orWhere({ slug: ref })
      .orderBy('deleted_at', 'desc')
      .first();
    return (
      row && {
        id: row.id,
        subject: JSON.parse(row.subject),
        deletedAt: row.deleted_at,
      }
    );
  }
}
